/* Keep the stream of runs current. A frame that came with its message is shown at once; for everything else the card is
   fetched again, so that the page shows the server's state, not a message's. Only tiles that changed are exchanged: a
   picture that is on the screen stays there until the next one is decoded. Where runs are only watched (data-watch), no
   other run joins them. */
import { ask, piece, welcome } from "../kit/http.js";
import { unpack } from "./tools.js";

const NOBODY = "00000000-0000-0000-0000-000000000000";
const TOGETHER_MS = 60; // several events at once cost one fetch
const AT_ONCE = 3; // fetches: a page asks no faster than it is answered
const LOOK_MS = 4000;
const UNSEEN = ["queued", "started", "waiting", "output", "answered", "failed", "refused", "cancelled", "unknown", "moved", "composite", "ended", "shown", "hidden"];

const MOST_FRAMES = 500;
const frames = new Set(); // by their ids, the newest that this page has shown

export function attach(stream) {
  const isOpen = "stream" in stream.dataset;
  const address = isOpen ? stream.dataset.stream : stream.dataset.watch;
  const waiting = new Set();
  const asked = new Map();
  const missed = new Set(); // cards that could not be fetched
  // The run up to which this page has all. A run sent from here may stand above one that the page does not know yet.
  let known = stream.querySelector("[data-run]")?.dataset.run ?? NOBODY;
  const card = (code) => stream.querySelector(`[data-run="${CSS.escape(code)}"]`);

  let isPlanned = false;
  let running = 0;

  function refresh(code) {
    if (!isOpen && !card(code)) return;
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
    if (isOpen && !card(code)) await placed();
    const turn = (asked.get(code) ?? 0) + 1;
    asked.set(code, turn);
    const answer = await ask(address.replace(NOBODY, code)).catch(() => null);
    if (answer?.status === 404) card(code)?.remove(); // private to its maker now
    if (!answer?.ok) return answer?.status !== 404 && missed.add(code);
    const fresh = piece(await answer.text()).firstElementChild;
    if (asked.get(code) === turn) put(fresh); // else a later answer comes
  }

  /* Wait until a run sent from this page has its card, which the answer to the request brings. */
  async function placed() {
    if (!stream.querySelector("[data-placeholder]")) return;
    await Promise.race([
      new Promise((done) => document.addEventListener("stream:made", done, { once: true })),
      new Promise((done) => setTimeout(done, LOOK_MS)),
    ]);
  }

  function put(fresh) {
    const old = card(fresh.dataset.run);
    if (old || !isOpen) return old && exchange(old, fresh);
    stream.querySelector("[data-stream-empty]")?.remove();
    const next = [...stream.querySelectorAll("[data-run]")].find((each) => made(each) <= made(fresh));
    if (next) next.before(fresh);
    else if (stream.querySelector("[data-older]")) return; // older than what this page has loaded
    else stream.append(fresh);
    welcome(fresh);
  }

  function show({ run, slot, preview, partial, seq }) {
    const tile = card(run)?.querySelector(`[data-slot="${slot}"]`);
    const image = tile?.querySelector("img:not(.tile-under)");
    if (!image || !preview || tile.matches(".tile-succeeded") || seq < image.dataset.seq) return refresh(run);
    const next = image.cloneNode();
    Object.assign(next.dataset, { seq, frame: partial });
    noted(partial);
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

  // Starred, binned or taken out of the bin: fetch the card again.
  document.addEventListener("acted", ({ detail }) => {
    for (const code of detail.pictures ?? []) {
      const run = stream.querySelector(`[data-output="${CSS.escape(code)}"]`)?.closest("[data-run]");
      if (run) refresh(run.dataset.run);
    }
  });

  const liveOnes = () => [...stream.querySelectorAll('[data-live-run="yes"]')].map((each) => each.dataset.run);
  const lookAgain = () => {
    for (const code of [...liveOnes(), ...missed]) refresh(code);
    missed.clear();
  };

  /* Look every few seconds: where a proxy swallows the socket, this still brings everything, colleagues' runs too. */
  let isHeard = false;
  document.addEventListener("live:up", () => {
    // Fetch what happened while the connection was cut, or since this page was made: Back may lead to an old one.
    isHeard = true;
    lookAgain();
    newer();
  });
  document.addEventListener("live:down", () => {
    isHeard = false;
  });
  setInterval(() => {
    if (document.hidden) return;
    lookAgain();
    if (!isHeard) newer();
  }, LOOK_MS);

  async function newer() {
    if (!isOpen || stream.querySelector(".stream-newest")) return; // further down, there would be a gap above
    const answer = await ask(`${stream.dataset.newer}?after=${known}`).catch(() => null);
    if (!answer?.ok) return;
    const found = [...piece(await answer.text()).querySelectorAll("[data-run]")];
    known = found[0]?.dataset.run ?? known;
    for (const fresh of found.reverse()) put(fresh);
  }
}

/* Take from the fresh card only what differs, so that what is looked at or in focus stays. */
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
/* Return what can still change of a tile that has ended. */
const look = (tile) =>
  [
    tile.querySelector(".tile-open img")?.getAttribute("src"),
    words(tile),
    ...[...tile.querySelectorAll("[aria-pressed]")].map((each) => each.ariaPressed),
  ].join();

/* Replace a tile whose state has changed: the last frame stays below until the picture above it is there. */
function turn(before, tile) {
  const last = before.querySelector("img:not([hidden]):not(.tile-under)");
  const hadFocus = before.contains(document.activeElement);
  before.replaceWith(tile);
  const image = tile.querySelector(".tile-open img, img:not([hidden])");
  if (last && image) under(tile, last);
  if (tile.matches(".tile-succeeded")) image?.classList.add("tile-frame");
  welcome(tile);
  const developed = { run: tile.closest("[data-run]").dataset.run, output: tile.dataset.output, picture: image?.src };
  if (tile.matches(".tile-succeeded")) document.dispatchEvent(new CustomEvent("stream:developed", { detail: developed }));
  if (hadFocus) (tile.querySelector(".tile-open, button, a") ?? tile).focus?.();
}

/* Update a tile of the same state: move its ring on, and take a frame that no message has shown, because the message
   was lost on the way or had to leave its preview behind. */
function proceed(before, tile) {
  before.querySelector(".tile-stage")?.replaceWith(tile.querySelector(".tile-stage"));
  const [shown, next] = [before, tile].map((each) => each.querySelector("img:not(.tile-under)"));
  const frame = next?.dataset.frame;
  if (!shown || !frame || frame === shown.dataset.frame || frames.has(frame)) return;
  if (!shown.hidden) under(before, shown);
  shown.replaceWith(next);
  noted(frame);
}

function noted(frame) {
  frames.add(frame);
  if (frames.size > MOST_FRAMES) frames.delete(frames.values().next().value);
}

function under(tile, image) {
  for (const older of tile.querySelectorAll(".tile-under")) older.remove();
  const below = image.cloneNode();
  below.className = "tile-under";
  below.alt = "";
  tile.prepend(below);
  setTimeout(() => below.remove(), 1500);
}
