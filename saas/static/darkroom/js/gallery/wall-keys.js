/* Handle the gallery's keys: arrows and J/K walk, X chooses, "." stars, C compares, Delete bins. */
import { isWriting } from "../kit/typing.js";

export function attach(wall) {
  const form = document.getElementById("chosen");
  const shots = () => [...wall.querySelectorAll(".shot")];
  const here = () => document.activeElement?.closest(".shot");
  const focus = (shot) => {
    shot?.querySelector(".shot-open").focus();
    shot?.scrollIntoView({ block: "nearest" });
  };
  const choose = (detail) => document.dispatchEvent(new CustomEvent("choose", { detail }));
  const isChosen = () => wall.hasAttribute("data-choosing");

  function step(by) {
    const all = shots();
    const at = all.indexOf(here());
    focus(at < 0 ? all[0] : all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  /* Focus the nearest one in the row above or below. */
  function row(way) {
    const from = here();
    if (!from) return step(1);
    const middle = (shot) => {
      const box = shot.getBoundingClientRect();
      return { x: box.left + box.width / 2, y: box.top + box.height / 2, height: box.height };
    };
    const at = middle(from);
    const beyond = shots()
      .map((shot) => ({ shot, ...middle(shot) }))
      .filter(({ y }) => (y - at.y) * way > at.height / 2);
    const nearest = Math.min(...beyond.map(({ y }) => Math.abs(y - at.y)));
    const inRow = beyond.filter(({ y }) => Math.abs(y - at.y) < nearest + 8);
    focus(inRow.sort((a, b) => Math.abs(a.x - at.x) - Math.abs(b.x - at.x))[0]?.shot);
  }

  /* Press a button of the bar, for what is chosen, or else for the picture that has the focus. */
  function press(selector) {
    const button = form?.querySelector(selector);
    if (!button) return;
    if (!isChosen() && here()) choose({ shot: here() });
    if (isChosen()) form.requestSubmit(button);
  }

  const keys = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    k: () => step(-1),
    j: () => step(1),
    ArrowUp: () => row(-1),
    ArrowDown: () => row(1),
    x: () => here() && choose({ shot: here() }),
    ".": () => press(here()?.querySelector(".shot-stars:not([hidden])") ? "[name='stars'][value='0']" : "[name='stars'][value='1']"),
    c: () => !form?.querySelector("[data-bulk-compare]").hidden && press("[data-bulk-compare]"),
    Delete: () => press("[data-does='bin']"),
    Escape: () => choose({ none: true }),
  };

  document.addEventListener("keydown", (event) => {
    if (event.altKey || isWriting(event) || document.querySelector("dialog[open], details.menu[open]")) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "a" && (here() || isChosen())) {
      event.preventDefault();
      return choose({ all: true });
    }
    if (event.ctrlKey || event.metaKey || !keys[event.key]) return;
    if (event.key.startsWith("Arrow") && !here()) return; // the page scrolls, until a picture has the focus
    event.preventDefault();
    keys[event.key]();
  });
}
