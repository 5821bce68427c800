/* The link to older runs brings them as it comes into sight, and leads to a page of its own without script. */
import { piece, welcome } from "./http.js";

const AHEAD = "1600px";

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

/* `through` names a run: all down to it come at once. */
export async function bring(link, through = "") {
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  const address = link.dataset.older + (through ? `&through=${encodeURIComponent(through)}` : "");
  const answer = await fetch(address, { redirect: "manual" }).catch(() => null);
  link.ariaBusy = "false";
  if (!answer?.ok) return; // the link stays, to be tried again
  const found = piece(await answer.text());
  const stream = link.parentElement;
  for (const run of found.querySelectorAll("[data-run]")) {
    if (stream.querySelector(`[data-run="${CSS.escape(run.dataset.run)}"]`)) run.remove();
  }
  const brought = [...found.children];
  link.replaceWith(...brought);
  for (const each of brought) welcome(each);
}
