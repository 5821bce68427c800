/* The viewfinder: empty, live, counting, kept (retake or use), busy (on its way), sent. Its element carries the state in
   data-state, and everything inside is shown or hidden by it. It knows nothing of what the photo is for: `use(photo)`
   takes it away, and says how far it is by `progress(percent)`; what it throws with a sentence leaves the photo kept.
   `next()` names the element that the focus goes to once the photo is away. A page may leave out what it does not offer:
   another photo, turning the camera off, its shape, the other camera, files, and the choice of the countdown, which then
   is data-seconds. */
import { isWriting } from "../kit/typing.js";
import { Camera, refusal } from "./camera.js";
import { countdown } from "./countdown.js";
import { Unusable, sendable } from "./photo.js";

const KEEP_SECONDS = 8;
const SHAPES = { portrait: 2 / 3, square: 1, landscape: 3 / 2 };
const PRESSES = [" ", "Enter", "AudioVolumeUp", "AudioVolumeDown"]; // the last two from a shutter on a string
const CONTROLS = "a, button, input, select, textarea, summary, label, dialog";

export function finder(root, { say, use, next }) {
  const part = (name) => root.querySelector(`[data-finder-${name}]`);
  const [image, count, left, fault] = [part("photo"), part("count"), part("left"), part("fault")];
  const [pick, flip] = [part("pick"), part("flip")];
  const inWords = (error) => (pick ? `${refusal(error)} A photo from your files works as well.` : refusal(error));
  const camera = new Camera(part("video"), (sentence) => {
    stopCounting();
    if (["live", "counting", "starting"].includes(root.dataset.state)) empty(sentence);
  });
  let counting = new AbortController();
  let photo = null;
  let wasOpened = false;

  function enter(state) {
    root.dataset.state = state;
  }

  function stopCounting() {
    counting.abort();
    counting = new AbortController();
    count.textContent = left.textContent = "";
  }

  function empty(sentence = "") {
    camera.stop();
    stopCounting();
    show(null);
    tell(sentence);
    enter("empty");
  }

  function tell(sentence) {
    fault.hidden = !sentence;
    fault.textContent = sentence;
  }

  /* Show a photo in the finder, or none. */
  function show(next) {
    photo = next;
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    image.hidden = !next;
    if (next) image.src = URL.createObjectURL(next);
    else image.removeAttribute("src");
  }

  async function start(opens = () => camera.start()) {
    stopCounting();
    show(null);
    tell("");
    enter("starting");
    try {
      if (!(await opens())) return root.dataset.state === "starting" && empty();
    } catch (error) {
      empty(inWords(error));
      pick?.focus();
      return;
    }
    wasOpened = true;
    enter("live");
    await offerFlip();
    root.scrollIntoView({ block: "nearest" });
    if (isFree()) part("shutter").focus({ preventScroll: true });
    say("The camera is on.");
  }

  async function offerFlip() {
    if (flip) flip.hidden = !(await camera.canSwitch());
  }

  async function press() {
    if (root.dataset.state === "counting") return;
    enter("counting");
    stopCounting();
    const seconds = Number(root.querySelector("[name='countdown']:checked")?.value ?? root.dataset.seconds);
    const isDue = await countdown(seconds, (second) => {
      count.textContent = second;
      count.animate([{ scale: 1.25, opacity: 0.4 }, { scale: 1, opacity: 1 }], { duration: motion(260), easing: "ease-out" });
      say(String(second));
    }, counting.signal);
    count.textContent = "";
    if (!isDue) return root.dataset.state === "counting" && enter("live");
    try {
      show(await camera.take(SHAPES[root.dataset.shape]));
    } catch (error) {
      return empty(inWords(error));
    }
    camera.stop();
    ask();
  }

  /* Ask whether to use the photo; after a while that is the answer. */
  async function ask() {
    enter("kept");
    root.style.setProperty("--keep", `${KEEP_SECONDS}s`);
    say(`Photo taken. It is used in ${KEEP_SECONDS} seconds, unless you retake it.`);
    part("keep").focus({ preventScroll: true });
    stopCounting();
    const isDue = await countdown(KEEP_SECONDS, (second) => {
      left.textContent = second;
    }, counting.signal);
    left.textContent = "";
    if (isDue) keep();
  }

  /* Hand the photo over. Return whether it arrived. */
  async function keep() {
    stopCounting();
    tell("");
    const hadFocus = isFree();
    enter("busy");
    const progress = part("progress");
    progress.value = 0;
    try {
      await use(photo, (percent) => {
        progress.value = percent;
      });
    } catch (error) {
      if (root.dataset.state !== "busy") return false;
      tell(error.message);
      enter("kept");
      return false;
    }
    if (root.dataset.state !== "busy") return false;
    enter("sent");
    say("The photo is ready.");
    if (hadFocus && isFree()) next()?.focus({ preventScroll: true });
    return true;
  }

  async function take(file) {
    camera.stop();
    stopCounting();
    tell("");
    enter("starting");
    try {
      show(await sendable(file));
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      return empty(error.message);
    }
    await image.decode().catch(() => {});
    root.dataset.shape = nearest(image.naturalWidth / image.naturalHeight);
    keep();
  }

  const isFree = () => document.activeElement === document.body || root.contains(document.activeElement);

  part("start").addEventListener("click", () => start());
  part("shutter").addEventListener("click", press);
  part("retake").addEventListener("click", () => start());
  part("again")?.addEventListener("click", () => (wasOpened ? start() : empty()));
  part("keep").addEventListener("click", keep);
  part("off")?.addEventListener("click", () => empty());
  flip?.addEventListener("click", () => start(() => camera.switch()));
  part("shape")?.addEventListener("click", () => {
    const names = Object.keys(SHAPES);
    root.dataset.shape = names[(names.indexOf(root.dataset.shape) + 1) % names.length];
    say(root.dataset.shape);
  });
  pick?.addEventListener("change", ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) take(file);
  });
  document.addEventListener("keydown", (event) => {
    const { state } = root.dataset;
    if (event.key === "Escape" && state === "counting") stopCounting();
    else if (event.key === "Escape" && state === "kept") start();
    else if (PRESSES.includes(event.key) && !event.repeat && !isWriting(event) && !event.target.closest(CONTROLS)) {
      if (state === "live") press();
      else if (state === "kept") keep();
      else return;
    } else return;
    event.preventDefault();
  });
  navigator.mediaDevices?.addEventListener?.("devicechange", async () => {
    if (camera.isOpen) await offerFlip();
  });
  if (pick) bringIn(root, take);

  return {
    /* Keep a photo that waits for its answer, and return whether there is one that arrived. */
    settled: async () => (root.dataset.state === "kept" ? keep() : root.dataset.state === "sent"),
    again: () => (wasOpened ? start() : empty()),
    start: () => start(),
    /* Turn the camera off and forget the photo. */
    empty: () => empty(),
    stop: () => {
      camera.stop();
      stopCounting();
    },
  };
}

/* Take a picture that is dropped or pasted anywhere on the page. */
function bringIn(root, take) {
  const isShown = () => root.checkVisibility?.() ?? root.offsetParent !== null;
  const first = (data) => [...(data?.files ?? [])].find(({ type, name }) => type.startsWith("image/") || /\.hei[cf]$/i.test(name));
  document.addEventListener("paste", (event) => {
    const file = first(event.clipboardData);
    if (file && isShown()) take(file);
  });
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    root.toggleAttribute("data-over", isShown());
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || root.removeAttribute("data-over"));
  document.addEventListener("drop", (event) => {
    root.removeAttribute("data-over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    const file = first(event.dataTransfer) ?? event.dataTransfer.files[0];
    if (isShown()) take(file);
  });
}

const nearest = (ratio) =>
  Object.keys(SHAPES).sort((one, other) => Math.abs(Math.log(SHAPES[one] / ratio)) - Math.abs(Math.log(SHAPES[other] / ratio)))[0];
const motion = (ms) => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms);
