/* Take a region from another turn: paint over it, see it as it is in every turn, and click the one that is wanted. */
import { send } from "../kit/http.js";
import { toast } from "../kit/toasts.js";
import { inputOf, open } from "./paint.js";

const EDGE = 120;

export function attach(button) {
  button.addEventListener("click", async () => {
    const thread = button.closest("[data-thread]");
    button.ariaBusy = "true";
    try {
      const first = await inputOf(thread, button.dataset);
      const opened = open(thread, first);
      const strip = Object.assign(document.createElement("div"), { className: "thread-strip" });
      strip.role = "group";
      strip.ariaLabel = "This region in each turn";
      strip.textContent = "Paint over what you want from another turn.";
      opened.sheet.append(strip);
      opened.sheet.addEventListener("painted", ({ detail }) => detail.some && show(thread, opened, strip, button.dataset));
    } catch (error) {
      toast(error.message, "error");
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

async function show(thread, opened, strip, { output, threadRegion }) {
  const box = opened.box();
  const turns = [...thread.querySelectorAll("[data-region-of]")].filter(({ dataset }) => dataset.regionOf !== (output || "start"));
  const pieces = turns.map((turn) => piece(turn.dataset, box, opened.first));
  strip.replaceChildren(...pieces);
  for (const [at, each] of pieces.entries()) each.addEventListener("click", () => take(thread, opened, strip, turns[at].dataset.regionOf, threadRegion));
}

function piece({ turn, preview }, [left, top, width, height], first) {
  const scale = Math.min(EDGE / width, EDGE / height);
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
  const picture = new Image();
  picture.addEventListener("load", () => {
    const [across, down] = [picture.naturalWidth / first.width, picture.naturalHeight / first.height];
    const from = [left * across, top * down, width * across, height * down];
    canvas.getContext("2d").drawImage(picture, ...from, 0, 0, canvas.width, canvas.height);
  });
  picture.src = preview;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "thread-piece", ariaLabel: `Take it from turn ${turn}` });
  button.append(canvas, Object.assign(document.createElement("span"), { className: "thread-number", textContent: turn }));
  return button;
}

async function take(thread, opened, strip, other, address) {
  if (strip.ariaBusy === "true") return;
  strip.ariaBusy = "true";
  const form = thread.querySelector("[data-thread-form]");
  try {
    const mask = await opened.mask();
    if (!mask) throw Object.assign(new Error(), { sentence: "Paint over what you want from another turn." });
    const body = new FormData(form);
    for (const [name, value] of Object.entries({ mask: mask.code, other, fresh: "", say: "" })) body.set(name, value);
    const answer = await send(address, form, body);
    const told = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(), { sentence: told.error?.message });
    opened.close();
    thread.dispatchEvent(new CustomEvent("thread:go", { detail: { search: new URL(told.url, location).search } }));
  } catch (error) {
    toast(error.sentence ?? "The region was not taken. Check your connection and try again.", "error");
  } finally {
    strip.removeAttribute("aria-busy");
  }
}
