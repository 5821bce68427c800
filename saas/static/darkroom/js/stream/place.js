/* Return to the same place of the stream: the run that was on top is on top again, however far down. */
import { bring } from "./older.js";

const KEY = `place:${location.pathname}`;

export function attach(stream) {
  if (location.search) return;
  addEventListener("pagehide", () => {
    const top = [...stream.querySelectorAll("[data-run]")].find((run) => run.getBoundingClientRect().bottom > 0);
    const place = top && scrollY > 0 ? { run: top.dataset.run, offset: top.getBoundingClientRect().top } : null;
    sessionStorage.setItem(KEY, JSON.stringify(place));
  });
  const [arrival] = performance.getEntriesByType("navigation");
  if (!["back_forward", "reload"].includes(arrival?.type)) return;
  const place = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (place) goTo(stream, place);
}

async function goTo(stream, { run, offset }) {
  const find = () => stream.querySelector(`[data-run="${CSS.escape(run)}"]`);
  const link = stream.querySelector("[data-older]");
  if (!find() && link) await bring(link, run);
  const found = find();
  if (!found) return;
  history.scrollRestoration = "manual";
  // Twice: runs above it take their true height only when they have been near the window.
  for (let turn = 0; turn < 2; turn++) {
    scrollBy({ top: found.getBoundingClientRect().top - offset, behavior: "instant" });
    await new Promise((done) => requestAnimationFrame(done));
  }
}
