/* Hold a guest inside the page: full screen, no way back, no menu, nothing to drag, a screen that stays on. Five quick
   taps in a corner call `knock`. */
const TAPS = 5;
const TAPS_MS = 3000;
const OWN_KEYS = /^(F\d+|BrowserBack|BrowserForward|BrowserHome)$/;

export class Lock {
  #isOn = true;
  #awake = null;

  constructor({ corner, knock }) {
    history.pushState(null, "");
    addEventListener("popstate", () => this.#isOn && history.pushState(null, ""));
    for (const type of ["contextmenu", "dragstart", "drop", "dragover", "selectstart"])
      addEventListener(type, (event) => this.#isOn && event.preventDefault(), true);
    addEventListener("keydown", (event) => this.#isOn && isWayOut(event) && event.preventDefault(), true);
    addEventListener("wheel", (event) => this.#isOn && event.ctrlKey && event.preventDefault(), { passive: false });
    addEventListener("pointerup", () => this.#isOn && this.#fill());
    document.addEventListener("visibilitychange", () => this.#stayAwake());
    let taps = [];
    corner.addEventListener("click", ({ timeStamp }) => {
      taps = [...taps, timeStamp].slice(-TAPS);
      if (taps.length < TAPS || timeStamp - taps[0] > TAPS_MS) return;
      taps = [];
      knock();
    });
    this.#stayAwake();
  }

  open() {
    this.#isOn = false;
    if (document.fullscreenElement) document.exitFullscreen();
    this.#awake?.release();
    this.#awake = null;
  }

  close() {
    this.#isOn = true;
    this.#fill();
    this.#stayAwake();
  }

  /* A browser fills the screen only after a press, and asks for another one after the full screen was left. */
  async #fill() {
    const page = document.documentElement;
    if (document.fullscreenElement || !page.requestFullscreen) return;
    await page.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
    await navigator.keyboard?.lock?.(["Escape"]).catch(() => {});
  }

  async #stayAwake() {
    if (!this.#isOn || document.hidden) return;
    this.#awake = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  }
}

function isWayOut({ key, ctrlKey, metaKey, altKey }) {
  return OWN_KEYS.test(key) || ctrlKey || metaKey || altKey;
}
