/* Walk from picture to picture by J and K; another key presses what the picture in focus offers for it: data-key="e".
   "/" goes back to the prompt. Never while a person writes. */
import { isWriting } from "../kit/typing.js";

export function attach(stream) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return;
    if (document.querySelector("dialog[open]") || !stream.isConnected) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") step(stream, key === "j" ? 1 : -1);
    else if (key === "/") document.querySelector("[data-words]")?.focus();
    else if (!press(event.key.toLowerCase())) return;
    event.preventDefault();
  });
}

function step(stream, by) {
  const all = [...stream.querySelectorAll(".tile-open")];
  if (!all.length) return;
  const tile = document.activeElement.closest?.(".tile");
  const now = tile ? all.indexOf(tile.querySelector(".tile-open")) : -1;
  const next = now < 0 && by < 0 ? all.length - 1 : Math.min(Math.max(now + by, 0), all.length - 1);
  all[next].focus({ preventScroll: true });
  all[next].scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth" });
}

function press(key) {
  const tile = document.activeElement?.closest?.(".tile");
  const control = tile?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  control?.click();
  return Boolean(control);
}
