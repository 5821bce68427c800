/* After a run's visibility has changed, remove its pictures if this person may not see them, or set their lock. */
import { ask } from "../kit/http.js";

export function attach(wall) {
  const shotsOf = (run) => [...wall.querySelectorAll(`[data-run="${CSS.escape(run)}"]`)];

  function lock(shots, isPrivate) {
    for (const shot of shots) shot.querySelector("[data-lock]").hidden = !isPrivate;
  }

  async function look(shots) {
    const answer = await ask(shots[0].querySelector(".shot-open").href);
    if (answer.status !== 404) return lock(shots, true);
    for (const shot of shots) shot.remove();
    document.dispatchEvent(new CustomEvent("choose", { detail: {} })); // count again what is chosen
  }

  document.addEventListener("live:hidden", ({ detail }) => {
    const shots = shotsOf(detail.run);
    if (shots.length) look(shots).catch(() => {});
  });
  document.addEventListener("live:shown", ({ detail }) => lock(shotsOf(detail.run), false));
}
