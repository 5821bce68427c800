/* Compare two pictures under a slider, or two to four blinking in one place. M changes the way. */
import { isWriting } from "../kit/typing.js";

const BLINK_MS = 700;

export function attach(switcher) {
  const compared = document.getElementById(switcher.dataset.compare);
  const figures = [...compared.querySelectorAll(".compared-one")];
  const slider = compared.querySelector(".compared-slider");
  const buttons = [...switcher.querySelectorAll("[data-mode]")];
  let timer;
  let seen = 0;

  function blink() {
    seen = (seen + 1) % figures.length;
    for (const [at, figure] of figures.entries()) figure.classList.toggle("compared-seen", at === seen);
  }

  function show(mode) {
    compared.dataset.mode = mode;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    clearInterval(timer);
    if (mode === "blink") {
      seen = -1;
      blink();
      if (!matchMedia("(prefers-reduced-motion: reduce)").matches) timer = setInterval(blink, BLINK_MS);
    }
  }

  const slide = () => compared.style.setProperty("--slid", `${slider.value}%`);
  slider?.addEventListener("input", slide);
  if (slider) slide();
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.mode));
  compared.addEventListener("click", (event) => {
    if (compared.dataset.mode !== "blink") return;
    event.preventDefault();
    clearInterval(timer);
    blink();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return;
    if (event.key === "m") {
      const at = buttons.findIndex((button) => button.dataset.mode === compared.dataset.mode);
      show(buttons[(at + 1) % buttons.length].dataset.mode);
    } else if (event.key === " " && compared.dataset.mode === "blink") {
      event.preventDefault();
      clearInterval(timer);
      blink();
    }
  });
}
