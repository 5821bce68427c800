/* Load older runs when their link comes near the window. Without script, the link leads to a page of its own. */
import { ask, piece, welcome } from "../kit/http.js";

const AHEAD = "2400px";
const A_FRAME = 2; // runs put in between two frames: more would be felt in scrolling

export function attach(link) {
  const watch = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && bring(link), {
    rootMargin: `${AHEAD} 0px`,
  });
  watch.observe(link);
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    bring(link);
  });
}

/* Put in older runs. `through` names a run: all down to it come at once. */
export async function bring(link, through = "") {
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  const address = link.dataset.older + (through ? `&through=${encodeURIComponent(through)}` : "");
  const answer = await ask(address).catch(() => null);
  if (!answer?.ok) {
    link.ariaBusy = "false"; // to be tried again
    return;
  }
  const found = piece(await answer.text());
  const stream = link.parentElement;
  for (const run of found.querySelectorAll("[data-run]")) {
    if (stream.querySelector(`[data-run="${CSS.escape(run.dataset.run)}"]`)) run.remove();
  }
  const brought = [...found.children];
  const height = usual(stream);
  for (const each of brought.filter((one) => one.matches("[data-run]"))) rest(each, height);
  for (let from = 0; from < brought.length; from += A_FRAME) {
    const some = brought.slice(from, from + A_FRAME);
    link.before(...some);
    for (const each of some) welcome(each);
    if (!through) await new Promise((done) => setTimeout(done, 16));
  }
  link.remove();
}

/* Leave a run unstyled and not laid out, about as high as the others, until it comes near the window. */
function rest(run, height) {
  run.style.containIntrinsicBlockSize = `auto ${height}px`;
  run.classList.add("run-resting");
}

function usual(stream) {
  const heights = [...stream.querySelectorAll("[data-run]")].slice(-5).map((run) => run.offsetHeight);
  return Math.round(heights.reduce((sum, each) => sum + each, 0) / Math.max(1, heights.length)) || 400;
}
