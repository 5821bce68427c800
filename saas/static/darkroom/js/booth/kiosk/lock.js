/* Hold a guest inside the page: full screen, no way back, no menu, nothing to drag, a screen that stays on. Five quick
   taps in a corner call `knock`. */
import { fillScreen, stayAwake } from "../awake.js";

const TAPS = 5;
const TAPS_MS = 3000;
const OWN_KEYS = /^(F\d+|BrowserBack|BrowserForward|BrowserHome)$/;
const NOT_HERE = ["contextmenu", "dragstart", "dragover", "drop", "selectstart"];

export class Lock {
  #isOn = true;

  constructor({ corner, knock }) {
    history.pushState(null, "");
    addEventListener("pointerup", () => history.pushState(null, ""), { once: true }); // browsers skip what was left untouched
    addEventListener("popstate", () => this.#isOn && history.pushState(null, ""));
    for (const type of NOT_HERE) addEventListener(type, (event) => this.#isOn && event.preventDefault(), true);
    addEventListener("keydown", (event) => this.#isOn && isWayOut(event) && event.preventDefault(), true);
    addEventListener("wheel", (event) => this.#isOn && event.ctrlKey && event.preventDefault(), { passive: false });
    addEventListener("pointerup", () => this.#isOn && this.#fill()); // again, if the full screen was left
    let taps = [];
    corner.addEventListener("click", ({ timeStamp }) => {
      taps = [...taps, timeStamp].slice(-TAPS);
      if (taps.length < TAPS || timeStamp - taps[0] > TAPS_MS) return;
      taps = [];
      knock();
    });
    stayAwake(() => this.#isOn);
  }

  open() {
    this.#isOn = false;
    navigator.keyboard?.unlock?.();
    if (document.fullscreenElement) document.exitFullscreen();
  }

  close() {
    this.#isOn = true;
    history.pushState(null, "");
    this.#fill();
  }

  async #fill() {
    await fillScreen();
    await navigator.keyboard?.lock?.(["Escape"]).catch(() => {});
  }
}

function isWayOut({ key, ctrlKey, metaKey, altKey }) {
  return OWN_KEYS.test(key) || ctrlKey || metaKey || altKey;
}
