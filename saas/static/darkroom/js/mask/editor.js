/* Run the mask editor. It opens at the event `mask:open` on the document:
     { first: {code, width, height, sent, preview}, mask: {sent, strokes} or null, keep, feather }
   and sends `mask:done` with { first, mask, keep, feather }: `mask` is what the upload answered. */
import { toast } from "../kit/toasts.js";
import { LIMIT_BYTES, extent, fromPicture, share, toPng } from "./png.js";
import { Hand } from "./pointer.js";
import { Painting } from "./strokes.js";
import { View } from "./zoom.js";

const SIZES = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];
const KEYS = { b: "brush", e: "erase", r: "box", l: "lasso" };
const EMPTY = "Paint over what should change.";
const REST_MS = 150;
const FULL = "Everything is painted, which is the same as no mask.";

export function attach(dialog) {
  const find = (name) => dialog.querySelector(`[data-mask-${name}]`);
  const [stage, sheet, image, canvas, status] = ["stage", "sheet", "image", "canvas", "status"].map(find);
  const [sizeInput, keepInput, featherInput, done] = ["size", "keep", "feather", "done"].map(find);
  const drafts = new Map(); // closed without being used: opened again as they were
  const view = new View(stage, sheet);
  let [painting, opened, tool, uploaded, resting] = [null, null, "brush", null, 0];

  const size = () => SIZES[sizeInput.value] * Math.max(1, Math.max(opened.first.width, opened.first.height) / 1024);
  const hand = new Hand({
    stage,
    ring: find("ring"),
    view,
    painting: () => painting,
    tool: () => tool,
    size,
    changed: () => tell(),
  });

  async function open(detail) {
    opened = detail;
    const { code, width, height, sent, preview } = detail.first;
    painting = null;
    dialog.showModal();
    stage.focus({ preventScroll: true });
    image.src = preview ?? sent;
    painting = new Painting(canvas, width, height, getComputedStyle(dialog).getPropertyValue("--mask-colour"));
    view.open(width, height);
    keepInput.checked = detail.keep ?? true;
    featherInput.value = detail.feather ?? 16;
    uploaded = null;
    showFeather();
    pick("brush");
    await restore(code, detail.mask);
    tell();
    showSharp(sent, code);
  }

  async function restore(code, mask) {
    if (drafts.has(code)) return painting.load(...drafts.get(code));
    const known = mask?.strokes ? await fetch(mask.strokes).then((answer) => (answer.ok ? answer.json() : null)) : null;
    if (known) await painting.load(known.strokes);
    else await painting.load([], mask ? await fromPicture(mask.sent, painting.colour) : null);
  }

  async function showSharp(sent, code) {
    const whole = new Image();
    whole.src = sent;
    await whole.decode().catch(() => {});
    if (opened?.first.code === code && whole.naturalWidth) image.src = sent;
  }

  /* Update the buttons at once, and how much is painted after REST_MS without a change. */
  function tell() {
    find("undo").disabled = !painting.strokes.length;
    find("redo").disabled = !painting.undone.length;
    find("clear").disabled = !painting.strokes.length && !painting.base;
    done.setAttribute("aria-disabled", String(find("clear").disabled));
    clearTimeout(resting);
    resting = setTimeout(measure, REST_MS, painting);
  }

  async function measure(measured) {
    const part = share(measured);
    const isEmpty = part === 0 && !(await extent(measured)).some;
    if (measured !== painting) return;
    const percent = part < 0.01 ? "Less than 1 %" : `About ${Math.round(part * 100)} %`;
    say(isEmpty ? EMPTY : part > 0.998 ? FULL : `${percent} will change.`);
    dialog.classList.toggle("mask-untouched", isEmpty);
    done.setAttribute("aria-disabled", String(isEmpty));
  }

  function say(sentence) {
    if (status.textContent !== sentence) status.textContent = sentence;
  }

  function pick(name) {
    tool = name;
    for (const button of dialog.querySelectorAll("[data-mask-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.maskTool === name));
    }
    hand.showRing();
  }

  function resize(by) {
    sizeInput.value = Number(sizeInput.value) + by;
    showSize();
  }

  function showSize() {
    find("size-said").textContent = SIZES[sizeInput.value];
    if (opened) hand.showRing();
  }

  function showFeather() {
    featherInput.disabled = !keepInput.checked;
    find("feather-said").textContent = keepInput.checked ? `${featherInput.value} px` : "off";
  }

  const acts = {
    undo: () => painting.undo(),
    redo: () => painting.redo(),
    invert: () => painting.apply({ tool: "invert" }),
    clear: () => painting.apply({ tool: "clear" }),
    fit: () => view.fit(),
    "zoom-in": () => view.zoom(1.25),
    "zoom-out": () => view.zoom(0.8),
    close: () => dialog.close(),
    done: () => finish(),
    upload: () => find("file").click(),
  };

  function act(name) {
    if (!painting || painting.isSettling) return;
    acts[name]();
    if (dialog.open) tell();
  }

  const see = (isOriginal) => dialog.classList.toggle("mask-hidden", isOriginal);

  async function finish() {
    if (done.getAttribute("aria-disabled") === "true" || done.ariaBusy === "true") return;
    done.ariaBusy = "true";
    try {
      const { some } = await extent(painting);
      if (!some) throw new Error("Nothing is painted yet. Paint over what should change.");
      const mask = await give();
      drafts.delete(opened.first.code);
      const detail = { first: opened.first, mask, keep: keepInput.checked, feather: Number(featherInput.value) };
      dialog.close("used");
      document.dispatchEvent(new CustomEvent("mask:done", { detail }));
    } catch (error) {
      say(error.message);
      toast(error.message, "error");
    } finally {
      done.removeAttribute("aria-busy");
    }
  }

  async function give() {
    if (uploaded && !painting.strokes.length) return uploaded;
    const png = await toPng(painting);
    if (png.size > LIMIT_BYTES) throw new Error("This mask is too detailed to send. Paint it with fewer strokes.");
    return send(png, painting.toJSON());
  }

  async function send(file, strokes) {
    const body = new FormData();
    body.set("file", file, file.name ?? "mask.png");
    body.set("first", opened.first.code);
    if (strokes) body.set("strokes", JSON.stringify(strokes));
    const headers = {
      Accept: "application/json",
      "X-CSRFToken": dialog.querySelector("[name=csrfmiddlewaretoken]").value,
    };
    const answer = await fetch(dialog.dataset.give, { method: "POST", body, headers }).catch(() => null);
    if (!answer) throw new Error("The mask was not uploaded. Check your connection and try again.");
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.error?.message ?? "The mask was not accepted. Try again in a moment.");
    return told;
  }

  async function upload(file) {
    try {
      uploaded = await send(file, null);
      await painting.load([], await fromPicture(uploaded.sent, painting.colour));
      tell();
    } catch (error) {
      toast(error.message, "error");
    }
  }

  function onKey(event) {
    const isField = event.target.closest("input");
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      return act(key === "y" || event.shiftKey ? "redo" : "undo");
    }
    if (event.altKey) return;
    if (event.target === stage && hand.key(event)) return event.preventDefault();
    if (key === " " && event.target === stage) {
      event.preventDefault();
      hand.isSpaceDown = true;
      stage.classList.add("mask-stage-grab");
    } else if (isField && key.startsWith("arrow")) return;
    else if (key === "h") see(true);
    else if (key === "v" && event.shiftKey) act("invert");
    else if (key in KEYS) pick(KEYS[key]);
    else if (key === "[" || key === "]") resize(key === "[" ? -1 : 1);
    else if (key === "+" || key === "=") act("zoom-in");
    else if (key === "-") act("zoom-out");
    else if (key === "0" || key === "z") act("fit");
    else return;
    event.stopPropagation();
  }

  function onKeyUp(event) {
    if (event.key.toLowerCase() === "h") see(false);
    if (event.key !== " ") return;
    hand.isSpaceDown = false;
    stage.classList.remove("mask-stage-grab");
  }

  dialog.addEventListener("keydown", onKey);
  dialog.addEventListener("keyup", onKeyUp);
  dialog.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.maskTool) pick(button.dataset.maskTool);
    if (button?.dataset.maskAct) act(button.dataset.maskAct);
  });
  const eye = find("eye");
  for (const name of ["pointerdown", "keydown"]) {
    eye.addEventListener(name, (event) => (event.type === "pointerdown" || event.key === "Enter" || event.key === " ") && see(true));
  }
  for (const name of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) {
    eye.addEventListener(name, () => see(false));
  }
  sizeInput.max = SIZES.length - 1;
  sizeInput.addEventListener("input", showSize);
  for (const input of [keepInput, featherInput]) input.addEventListener("input", showFeather);
  find("file").addEventListener("change", ({ target }) => {
    if (target.files[0]) upload(target.files[0]);
    target.value = "";
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "used" && painting?.strokes.length) {
      drafts.set(opened.first.code, [painting.strokes, painting.base]);
    }
    dialog.returnValue = "";
    see(false);
  });
  document.addEventListener("mask:open", ({ detail }) => open(detail));
  showSize();
}
