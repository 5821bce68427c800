/* Paint on the thread's picture, in its place. The mask is uploaded when the turn is sent. */
import { toast } from "../kit/toasts.js";
import { extent, toPng } from "../mask/png.js";
import { Hand } from "../mask/pointer.js";
import { Painting } from "../mask/strokes.js";
import { View } from "../mask/zoom.js";

const SIZES = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];
const KEYS = { b: "brush", e: "erase", r: "box", l: "lasso" };

/* Ask the server for this picture as an input, on which a mask can lie. */
export async function inputOf(thread, { output, input, width, height, sent }) {
  if (input) return { code: input, width: Number(width), height: Number(height), sent };
  const form = thread.querySelector("[data-thread-form]");
  const body = new FormData();
  body.set("output", output);
  return give(form, body);
}

export async function give(form, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  const answer = await fetch(form.dataset.give, { method: "POST", body, headers }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!answer?.ok) {
    const sentence = told?.error?.message ?? "The picture could not be prepared. Try again in a moment.";
    throw Object.assign(new Error(sentence), { sentence });
  }
  return told;
}

/* Open a stage over the thread's picture. Return what is painted, and how to close it. */
export function open(thread, first) {
  thread.painting?.close();
  const stage = thread.querySelector("#thread-stage");
  const sheet = thread.querySelector("[data-thread-paint]").content.firstElementChild.cloneNode(true);
  stage.append(sheet);
  thread.dataset.painting = "";
  const find = (name) => sheet.querySelector(`[data-paint-${name}]`);
  const view = new View(find("stage"), find("sheet"));
  const canvas = find("canvas");
  find("image").src = first.sent;
  const painting = new Painting(canvas, first.width, first.height, getComputedStyle(sheet).getPropertyValue("--mask-colour"));
  view.open(first.width, first.height);
  painting.load([]);
  let tool = "brush";
  let timer = 0;
  const size = () => SIZES[find("size").value] * Math.max(1, Math.max(first.width, first.height) / 1024);
  const hand = new Hand({ stage: find("stage"), ring: find("ring"), view, painting: () => painting, tool: () => tool, size, changed });

  function changed() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const { some } = await extent(painting);
      sheet.dispatchEvent(new CustomEvent("painted", { detail: { some } }));
    }, 150);
  }

  function pick(name) {
    tool = name;
    for (const button of sheet.querySelectorAll("[data-paint-tool]")) button.ariaPressed = String(button.dataset.paintTool === name);
  }

  const acts = {
    undo: () => painting.undo(),
    clear: () => painting.apply({ tool: "clear" }),
    close: () => opened.close(),
  };
  sheet.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.paintTool) pick(button.dataset.paintTool);
    if (!button?.dataset.paintAct) return;
    acts[button.dataset.paintAct]();
    changed();
  });
  sheet.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (key === "escape") opened.close();
    else if ((event.ctrlKey || event.metaKey) && key === "z") acts.undo();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.target === find("stage") && hand.key(event)) return event.preventDefault();
    else if (key in KEYS) pick(KEYS[key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    changed();
  });
  const opened = {
    first,
    sheet,
    async mask() {
      const { some } = await extent(painting);
      if (!some) return null;
      const body = new FormData();
      body.set("file", await toPng(painting), "mask.png");
      body.set("first", first.code);
      const strokes = painting.toJSON();
      if (strokes) body.set("strokes", JSON.stringify(strokes));
      return give(thread.querySelector("[data-thread-form]"), body);
    },
    /* The box of what is painted: left, top, width, height, in the picture's own pixels. */
    box() {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let [left, top, right, bottom] = [canvas.width, canvas.height, 0, 0];
      for (let at = 3; at < data.length; at += 4) {
        if (!data[at]) continue;
        const [x, y] = [((at - 3) / 4) % canvas.width, Math.floor((at - 3) / 4 / canvas.width)];
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
      return [left, top, Math.max(1, right - left), Math.max(1, bottom - top)].map((value) => value / painting.scale);
    },
    close() {
      sheet.remove();
      delete thread.dataset.painting;
      if (thread.painting === opened) delete thread.painting;
      opened.closed?.();
    },
  };
  thread.painting = opened;
  find("stage").focus({ preventScroll: true });
  return opened;
}

/* The button that opens the brush for the next turn. */
export function attach(button) {
  button.addEventListener("click", async () => {
    const thread = button.closest("[data-thread]");
    const form = thread.querySelector("[data-thread-form]");
    button.ariaBusy = "true";
    try {
      const opened = open(thread, await inputOf(thread, button.dataset));
      opened.give = async () => {
        const mask = await opened.mask();
        form.elements.mask.value = mask?.code ?? "";
      };
      opened.closed = () => {
        if (!form.elements.painted.value) return;
        form.elements.painted.value = form.elements.mask.value = "";
        form.dispatchEvent(new CustomEvent("thread:painted"));
      };
      opened.sheet.addEventListener("painted", ({ detail }) => {
        if (Boolean(form.elements.painted.value) === detail.some) return;
        form.elements.painted.value = detail.some ? "1" : "";
        form.dispatchEvent(new CustomEvent("thread:painted"));
      });
    } catch (error) {
      toast(error.message, "error");
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
