/* Show "mine 3 / all 9" in the top bar, and one's own number in the tab's title. */
import { ask } from "../kit/http.js";

const PAUSE_MS = 300;
const CALM_MS = 20_000;

export function attach(block) {
  const title = document.title;
  let timer = 0;
  async function look() {
    clearTimeout(timer);
    timer = setTimeout(look, CALM_MS);
    if (document.hidden) return;
    const answer = await ask(block.dataset.queue).catch(() => null);
    if (!answer?.ok) return;
    block.innerHTML = await answer.text();
    const mine = Number(block.querySelector("b")?.textContent ?? 0);
    document.title = mine ? `(${mine}) ${title}` : title;
  }
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };
  for (const type of ["queued", "ended", "again"]) document.addEventListener(`live:${type}`, soon);
  document.addEventListener("stream:made", soon);
  document.addEventListener("visibilitychange", soon);
  soon();
}
