/* Keep a thread's page current: go to a turn without leaving the page, and renew its pieces while pictures develop. The
   picture itself is kept by stream.js. What is typed in the composer is never touched here. */
import { ask, piece, welcome } from "../kit/http.js";

const TOGETHER_MS = 120;
const ASK_MS = 4000;
const ENDS = ["queued", "output", "composite", "ended", "shown", "hidden"];

export function attach(thread) {
  const address = thread.dataset.thread;
  const stage = thread.querySelector("#thread-stage");
  let [turn, planned] = [0, 0];

  thread.addEventListener("click", (event) => {
    const link = event.target.closest("[data-turn]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(link.search);
  });
  thread.addEventListener("thread:go", ({ detail }) => go(detail.search));
  addEventListener("popstate", () => renew());
  toEnd();

  if (!address) return;
  for (const type of ENDS) document.addEventListener(`live:${type}`, ({ detail }) => concerns(detail) && soon());
  document.addEventListener("live:up", soon);
  setInterval(() => thread.querySelector(".thread-thumb-live") && !document.hidden && soon(), ASK_MS);

  /* A run that this page does not know may be a colleague's turn in it. */
  function concerns({ run, type }) {
    return type === "queued" || type === "shown" || thread.querySelector(`[data-run="${CSS.escape(run)}"]`) || thread.querySelector(".thread-thumb-live");
  }

  function soon() {
    clearTimeout(planned);
    planned = setTimeout(renew, TOGETHER_MS);
  }

  async function go(search) {
    history.pushState(null, "", search);
    await renew({ isNew: true });
    thread.querySelector("[data-thread-says]").textContent = `Turn ${stage.dataset.shows}`;
  }

  async function renew({ isNew = false } = {}) {
    if (!address) return;
    const mine = ++turn;
    const answer = await ask(`${address}${location.search || ""}`).catch(() => null);
    if (!answer?.ok || mine !== turn) return;
    const fresh = piece(await answer.text());
    const wasLooking = stage.dataset.shows;
    for (const next of fresh.querySelectorAll("[data-piece]")) put(next, isNew || wasLooking);
    const go = fresh.querySelector("#thread-go-next");
    thread.dispatchEvent(new CustomEvent("thread:looked", { detail: { go, isNew } }));
    if (isNew) toEnd();
  }

  function put(next, before) {
    const old = thread.querySelector(`#${next.id}`);
    if (next === null || !old || same(old, next)) return;
    if (next.id === "thread-stage") {
      const isOther = before === true || next.dataset.shows !== before;
      if (!isOther && old.querySelector("[data-run]")) return; // stream.js has it
      old.dataset.shows = next.dataset.shows;
    }
    const at = old.scrollTop;
    const focused = old.contains(document.activeElement) && document.activeElement.dataset.turn;
    old.replaceChildren(...next.childNodes);
    old.scrollTop = at;
    if (focused) old.querySelector(`[data-turn="${focused}"]`)?.focus();
    welcome(old);
  }

  function toEnd() {
    const talk = thread.querySelector("#thread-talk");
    talk.scrollTop = talk.scrollHeight;
    thread.querySelector(".thread-tree [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

const plain = (element) => element.innerHTML.replace(/<time[^>]*>[^<]*<\/time>/g, "").replace(/\s+/g, " ");
const same = (one, other) => plain(one) === plain(other);
