/* Show a whole run: choose among its pictures, and fetch it again while it develops. Everything that belongs to one
   picture carries data-of-slot. */
import { ask } from "../kit/http.js";
import { isWriting } from "../kit/typing.js";
import { renew } from "./renew.js";

const POLL_MS = 4000;
const GATHER_MS = 80; // several events at once cost one fetch
const EVENTS = ["queued", "started", "waiting", "partial", "output", "answered", "failed", "refused", "cancelled", "unknown", "moved", "ended", "composite", "comment", "shown", "hidden"];

export function choose(article, index) {
  article.dataset.chosen = index;
  for (const part of article.querySelectorAll("[data-of-slot]")) part.hidden = part.dataset.ofSlot !== index;
  for (const link of article.querySelectorAll("[data-slot-choice]")) {
    if (link.dataset.slotChoice === index) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const track of article.querySelectorAll("[data-track]")) {
    track.toggleAttribute("data-chosen", track.dataset.track === index);
  }
  article.dispatchEvent(new CustomEvent("story:chosen", { detail: index }));
}

export function attach(article) {
  article.addEventListener("click", (event) => {
    const link = event.target.closest("[data-slot-choice]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    choose(article, link.dataset.slotChoice);
  });
  pressByKey(article);
  if (article.dataset.storyUrl) follow(article);
}

/* Enlarge on "z", as in the enlarged picture itself; on the run's own page "." and 1 to 5 give stars. */
function pressByKey(article) {
  const ending = new AbortController();
  const press = (event) => {
    if (!article.isConnected) return ending.abort();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isWriting(event) || event.target.closest("dialog")) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key.toLowerCase() === "z") article.querySelector("[data-stage]:not([hidden]) [data-enlarge]")?.click();
    const star = event.key === "." ? 1 : Number(event.key);
    if (star && article.closest(".story-page")) article.querySelectorAll("[data-of-slot]:not([hidden]) .star")[star - 1]?.click();
  };
  document.addEventListener("keydown", press, { signal: ending.signal });
}

function follow(first) {
  let article = first;
  let waiting = false;
  const ending = new AbortController();
  const isLive = article.hasAttribute("data-story-live");
  const clock = setInterval(tick, 100);
  const poll = setInterval(() => isLive && !document.hidden && refresh(), POLL_MS);
  const since = performance.now();

  function tick() {
    if (!article.isConnected) return stop();
    for (const out of article.querySelectorAll("[data-since]")) {
      out.textContent = `${((Number(out.dataset.since) + performance.now() - since) / 1000).toFixed(1)} s`;
    }
  }

  function stop() {
    clearInterval(clock);
    clearInterval(poll);
    ending.abort();
  }

  async function refresh() {
    if (waiting || !article.isConnected || article.hasAttribute("data-replaying")) return;
    waiting = true;
    await new Promise((done) => setTimeout(done, GATHER_MS));
    waiting = false;
    const answer = await ask(`${article.dataset.storyUrl}?slot=${article.dataset.chosen}`).catch(() => null);
    if (answer?.status === 404) return leave();
    if (!answer?.ok || !article.isConnected) return;
    stop(); // the fresh one follows by itself
    article = renew(article, await answer.text());
  }

  function leave() {
    stop();
    const words = document.createElement("p");
    words.className = "hush";
    words.textContent = "Only the person who made this run can see it now.";
    article.replaceChildren(words);
  }

  for (const type of EVENTS) {
    document.addEventListener(`live:${type}`, ({ detail }) => detail.run === article.dataset.story && refresh(), {
      signal: ending.signal,
    });
  }
  document.addEventListener("live:again", refresh, { signal: ending.signal });
  document.addEventListener("acted", refresh, { signal: ending.signal }); // starred, commented, shown
  article.addEventListener("htmx:afterRequest", refresh, { signal: ending.signal }); // stopped, or tried again
}
