/* Show one picture large: the original replaces its preview, and every act has its key. */
import { isWriting } from "../kit/typing.js";

/* The lightbox calls it at once, so that no key is lost; a second call does nothing. */
export function attach(article) {
  if ("keys" in article.dataset) return;
  article.dataset.keys = "";
  sharpen(article.querySelector("[data-original]"));
  const press = (selector) => article.querySelector(selector)?.click();
  const keys = {
    ArrowLeft: () => press("[rel='prev']"),
    ArrowRight: () => press("[rel='next']"),
    k: () => press("[rel='prev']"),
    j: () => press("[rel='next']"),
    ".": () => press(".star"),
    e: () => press("[data-edit]"),
    b: () => press("[data-brush]"),
    i: () => article.classList.toggle("looking-alone"),
    z: () => article.classList.toggle("looking-close-up"),
    Delete: () => press("[data-does='bin'] button"),
  };

  function onKey(event) {
    if (!article.isConnected) return document.removeEventListener("keydown", onKey);
    const dialog = document.querySelector("dialog[open]");
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return;
    if (dialog && !dialog.contains(article)) return;
    const stars = /^[1-5]$/.test(event.key) ? event.key : "";
    const does = stars ? () => article.querySelectorAll(".star")[stars - 1]?.click() : keys[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }
  document.addEventListener("keydown", onKey);
  article.querySelector(".looking-stage").addEventListener("dblclick", () => keys.z());

  if (article.closest("dialog")) return; // the lightbox listens by itself
  for (const type of ["hidden", "shown"]) {
    document.addEventListener(`live:${type}`, ({ detail }) => detail.run === article.dataset.run && location.reload());
  }
  document.addEventListener("acted", ({ detail }) => {
    if (detail.does !== "bin") return location.reload();
    const next = article.querySelector("[rel='next']") ?? article.querySelector("[data-looking-close]");
    location.assign(next.href);
  });
}

async function sharpen(picture) {
  const full = new Image();
  full.src = picture.dataset.original;
  try {
    await full.decode();
    picture.src = full.src;
  } catch {
    // the preview stays
  }
}
