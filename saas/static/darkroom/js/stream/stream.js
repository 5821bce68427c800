/* The stream of runs. A frame that came with its message is shown at once; for everything else the card is fetched
   again, so that the page shows what the server knows, not what a message said. Only tiles that changed are exchanged:
   a picture that is on the screen stays there until the next one is decoded. */
import { piece, welcome } from "./http.js";
import { unpack } from "./tools.js";

const NOBODY = "00000000-0000-0000-0000-000000000000";
const TOGETHER_MS = 60; // several events at once cost one fetch
const AT_ONCE = 3; // fetches: however fast things happen, a page asks no faster than it is answered
const LOOK_MS = 4000;
const UNSEEN = ["queued", "started", "waiting", "output", "failed", "refused", "cancelled", "unknown", "moved", "composite", "ended", "shown", "hidden"];

export function attach(stream) {
  const address = stream.dataset.stream;
  const waiting = new Set();
  const asked = new Map();
  const card = (code) => stream.querySelector(`[data-run="${CSS.escape(code)}"]`);

  let isPlanned = false;
  let running = 0;

  function refresh(code) {
    waiting.add(code);
    if (isPlanned || running >= AT_ONCE) return;
    isPlanned = true;
    setTimeout(begin, TOGETHER_MS);
  }

  function begin() {
    isPlanned = false;
    for (const code of [...waiting].slice(0, AT_ONCE - running)) {
      waiting.delete(code);
      running += 1;
      bring(code).finally(() => {
        running -= 1;
        if (waiting.size) refresh(waiting.values().next().value);
      });
    }
  }

  async function bring(code) {
    if (!card(code)) await placed();
    const turn = (asked.get(code) ?? 0) + 1;
    asked.set(code, turn);
    const answer = await fetch(address.replace(NOBODY, code), { redirect: "manual" }).catch(() => null);
    if (answer?.status === 404) card(code)?.remove(); // its maker's alone now
    if (!answer?.ok) return;
    const fresh = piece(await answer.text()).firstElementChild;
    if (asked.get(code) === turn) put(fresh); // else a later answer knows more
  }

  /* What was sent from this very page becomes a card by the answer to it. */
  async function placed() {
    if (!stream.querySelector("[data-placeholder]")) return;
    await Promise.race([
      new Promise((done) => document.addEventListener("stream:made", done, { once: true })),
      new Promise((done) => setTimeout(done, LOOK_MS)),
    ]);
  }

  function put(fresh) {
    const old = card(fresh.dataset.run);
    if (old) return exchange(old, fresh);
    stream.querySelector("[data-stream-empty]")?.remove();
    const next = [...stream.querySelectorAll("[data-run]")].find((each) => made(each) <= made(fresh));
    if (next) next.before(fresh);
    else if (stream.querySelector("[data-older]")) return; // further down than this page goes yet
    else stream.append(fresh);
    welcome(fresh);
  }

  function show({ run, slot, preview }) {
    const tile = card(run)?.querySelector(`[data-slot="${slot}"]`);
    const image = tile?.querySelector("img");
    if (!image || !preview || tile.matches(".tile-succeeded")) return refresh(run);
    const next = image.cloneNode();
    next.src = `data:image/webp;base64,${preview}`;
    next.hidden = false;
    next.classList.add("tile-frame");
    image.replaceWith(next);
    if (!image.hidden) under(tile, image);
    tile.classList.replace("tile-queued", "tile-running");
    refresh(run);
  }

  document.addEventListener("stream:made", ({ detail: { fresh, placeholder } }) => {
    if (card(fresh.dataset.run)) placeholder.remove();
    else placeholder.replaceWith(fresh);
    welcome(fresh);
  });
  document.addEventListener("live:partial", ({ detail }) => show(detail));
  for (const type of UNSEEN) document.addEventListener(`live:${type}`, ({ detail }) => refresh(detail.run));

  // Starred, binned or taken out of the bin: the card says how it is now.
  document.addEventListener("acted", ({ detail }) => {
    for (const code of detail.pictures ?? []) {
      const run = stream.querySelector(`[data-output="${CSS.escape(code)}"]`)?.closest("[data-run]");
      if (run) refresh(run.dataset.run);
    }
  });

  const liveOnes = () => [...stream.querySelectorAll('[data-live-run="yes"]')].map((each) => each.dataset.run);
  const lookAgain = () => liveOnes().forEach(refresh);

  /* Where a proxy swallows the socket, looking every few seconds still brings everything, colleagues' runs too. */
  let isHeard = false;
  document.addEventListener("live:up", () => {
    // What happened while the line was cut, or since this page was made: the way back may lead to an old one.
    isHeard = true;
    lookAgain();
    newer();
  });
  document.addEventListener("live:down", () => (isHeard = false));
  setInterval(() => {
    if (document.hidden) return;
    lookAgain();
    if (!isHeard) newer();
  }, LOOK_MS);

  async function newer() {
    if (stream.querySelector(".stream-newest")) return; // further down, there would be a gap above
    const first = stream.querySelector("[data-run]")?.dataset.run ?? NOBODY;
    const answer = await fetch(`${stream.dataset.newer}?after=${first}`, { redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    for (const fresh of [...piece(await answer.text()).querySelectorAll("[data-run]")].reverse()) put(fresh);
  }
}

/* Takes from the fresh card what differs, so that nothing that is looked at or in focus is torn out. */
function exchange(old, fresh) {
  unpack(old);
  old.dataset.liveRun = fresh.dataset.liveRun;
  const heads = [old, fresh].map((card) => card.querySelector(".run-head"));
  if (words(acts(heads[0])) !== words(acts(heads[1])) && !heads[0].contains(document.activeElement)) {
    heads[0].replaceWith(heads[1]);
    welcome(heads[1]);
  }
  for (const tile of fresh.querySelectorAll("[data-slot]")) {
    const before = old.querySelector(`[data-slot="${tile.dataset.slot}"]`);
    if (!before) old.querySelector(".tiles").append(tile);
    else if (before.className !== tile.className) turn(before, tile);
    else if (tile.matches(".tile-running, .tile-queued")) proceed(before, tile);
    else if (look(before) !== look(tile)) turn(before, tile);
  }
  const feet = [old, fresh].map((card) => card.querySelector(".keepers"));
  if (words(feet[0]) === words(feet[1])) return;
  feet[0]?.remove();
  if (feet[1]) old.append(feet[1]);
}

const made = (card) => Date.parse(card.querySelector(".run-facts time").dateTime);
const words = (element) => element?.textContent.replace(/\s+/g, " ");
const acts = (head) => head.querySelector(".run-acts");
/* What of a tile that has ended can still change. */
const look = (tile) =>
  [
    tile.querySelector(".tile-open img")?.getAttribute("src"),
    words(tile),
    ...[...tile.querySelectorAll("[aria-pressed]")].map((each) => each.ariaPressed),
  ].join();

/* Another state: the last frame stays below until the picture above it is there. */
function turn(before, tile) {
  const last = before.querySelector("img:not([hidden]):not(.tile-under)");
  const hadFocus = before.contains(document.activeElement);
  before.replaceWith(tile);
  const image = tile.querySelector(".tile-open img, img:not([hidden])");
  if (last && image) under(tile, last);
  if (tile.matches(".tile-succeeded")) image?.classList.add("tile-frame");
  welcome(tile);
  if (hadFocus) (tile.querySelector(".tile-open, button, a") ?? tile).focus?.();
}

/* The same state: the ring moves on, and a frame is taken only where none is shown. */
function proceed(before, tile) {
  before.querySelector(".tile-stage")?.replaceWith(tile.querySelector(".tile-stage"));
  const [shown, next] = [before, tile].map((each) => each.querySelector("img:not(.tile-under)"));
  if (shown?.hidden && next && !next.hidden) shown.replaceWith(next);
}

function under(tile, image) {
  for (const older of tile.querySelectorAll(".tile-under")) older.remove();
  const below = image.cloneNode();
  below.className = "tile-under";
  below.alt = "";
  tile.prepend(below);
  setTimeout(() => below.remove(), 1500);
}
