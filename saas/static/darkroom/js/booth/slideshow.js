/* The wall: one released picture after the other, each in its own light. New ones come first. A picture that is no longer
   released leaves at once. Space holds the one that is shown; a press fills the screen. */
import { piece } from "../kit/http.js";
import { fillScreen, stayAwake } from "./awake.js";
import { brand } from "./brand.js";

const SHOWN_MS = 7000;
const LOOK_MS = 5000;
const FADE_MS = 1600;

export function attach(wall) {
  const stage = wall.querySelector("[data-show-stage]");
  const strip = () => wall.querySelector("[data-show-strip]");
  const seen = new Set();
  let shown = "";
  let isHeld = false;
  let turn = 0;

  const all = () => [...strip().querySelectorAll("img")];
  const addressOf = (image) => image.getAttribute("src");

  /* Return the newest picture that was not shown yet, else the one after the one that is. */
  function following() {
    const images = all();
    const fresh = images.filter((image) => !seen.has(addressOf(image)));
    if (fresh.length) return fresh[0];
    return images[(images.findIndex((image) => addressOf(image) === shown) + 1) % images.length];
  }

  async function show(image) {
    const mine = ++turn;
    shown = image ? addressOf(image) : "";
    wall.toggleAttribute("data-empty", !image);
    if (!image) return stage.replaceChildren();
    seen.add(shown);
    const print = Object.assign(new Image(), { src: shown, alt: image.alt, className: "show-print" });
    const light = Object.assign(new Image(), { src: shown, alt: "", className: "show-light" });
    await print.decode().catch(() => {});
    if (mine !== turn) return;
    const slide = Object.assign(document.createElement("div"), { className: "show-slide" });
    const frame = Object.assign(document.createElement("div"), { className: "show-frame" });
    frame.append(print);
    slide.append(light, frame);
    const before = [...stage.children];
    stage.append(slide);
    mark();
    if (matchMedia("(prefers-reduced-motion: no-preference)").matches) await develop(slide, print);
    for (const each of before) each.remove();
  }

  /* Mark the picture in the strip, and bring it into sight there. */
  function mark() {
    for (const image of all()) {
      const isShown = addressOf(image) === shown;
      image.toggleAttribute("data-shown", isShown);
      if (isShown) bring(strip(), image);
    }
  }

  async function look() {
    const answer = await fetch(wall.dataset.slideshow, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.status === 404) return location.reload();
    if (!answer?.ok) return;
    const fresh = piece(await answer.text()).querySelector("[data-show-strip]");
    const before = all().map(addressOf).join();
    const after = [...fresh.querySelectorAll("img")].map(addressOf);
    if (after.join() === before) return;
    strip().replaceWith(fresh);
    mark();
    if (!after.includes(shown)) show(following());
  }

  addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    isHeld = !isHeld;
    wall.toggleAttribute("data-held", isHeld);
  });
  addEventListener("pointerup", fillScreen);
  stayAwake();
  brand(wall);
  show(following());
  setInterval(() => isHeld || document.hidden || all().length < 2 || show(following()), SHOWN_MS);
  setInterval(look, LOOK_MS);
}

function develop(slide, print) {
  const easing = "cubic-bezier(0.3, 0, 0.2, 1)";
  slide.animate([{ opacity: 0 }, { opacity: 1 }], { duration: FADE_MS, easing });
  return print.animate(
    [{ filter: "blur(18px) saturate(0.2) brightness(1.3)", scale: 1.03 }, { filter: "none", scale: 1 }],
    { duration: FADE_MS, easing },
  ).finished;
}

function bring(strip, image) {
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  strip.scrollTo({
    left: image.offsetLeft - (strip.clientWidth - image.clientWidth) / 2,
    top: image.offsetTop - (strip.clientHeight - image.clientHeight) / 2,
    behavior,
  });
}
