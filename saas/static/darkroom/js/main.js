/* The one entry. A behaviour is a module with attach(element); it is fetched only where its attribute is on
   the page, also when htmx brings the attribute later. Pages read and work before any of this arrives. */
import { expect } from "./early.js";

const behaviours = [
  ["[data-menu]", () => import("./menu.js")],
  ["[data-dialog]", () => import("./dialog.js")],
  ["dialog", () => import("./dialog.js")],
  ["[data-palette-dialog]", () => import("./palette.js")],
  ["[data-toasts]", () => import("./toasts.js")],
  ["[data-look-form]", () => import("./look.js")],
  ["[data-copy]", () => import("./copy.js")],
  ["[data-reveal]", () => import("./reveal.js")],
  ["[data-busy]", () => import("./busy.js")],
  ["[data-typed]", () => import("./typed.js")],
  ["[data-mod]", () => import("./mod.js")],
  ["[aria-disabled='true']", () => import("./unavailable.js")],
  ["[data-passkey]", () => import("./passkey.js")],
  ["#keys", () => import("./keys.js")],
  ["[data-slug-from]", () => import("./slug.js")],
  ["[data-live]", () => import("./live.js")],
  ["[data-stream]", () => import("./stream.js")],
  ["#print", () => import("./prints.js")],
  ["[data-mask-editor]", () => import("./mask.js")],
  ["[data-prompt]", () => import("./prompt.js")],
  ["[data-older]", () => import("./older.js")],
  ["[data-stream]", () => import("./place.js")],
  ["[data-stream]", () => import("./tools.js")],
  ["[data-details]", () => import("./details.js")],
  ["[data-story]", () => import("./story.js")],
  ["[data-replay]", () => import("./replay.js")],
  ["[data-copy-link]", () => import("./copy-link.js")],
  ["[data-enlarge]", () => import("./enlarge.js")],
  ["[data-wall]", () => import("./wall.js")],
  ["[data-filters]", () => import("./filters.js")],
  ["[data-lightbox]", () => import("./lightbox.js")],
  ["[data-lightbox]", () => import("./wall-keys.js")],
  ["[data-lightbox]", () => import("./visibility.js")],
  ["[data-looking]", () => import("./looking.js")],
  ["[data-bulk]", () => import("./select.js")],
  ["[data-act]", () => import("./act.js")],
  ["[data-compare]", () => import("./compare.js")],
  ["[data-order]", () => import("./order.js")],
  ["[data-stream]", () => import("./seconds.js")],
  ["[data-stream]", () => import("./walk.js")],
  ["[data-words]", () => import("./memory.js")],
  ["[data-chips]", () => import("./chips.js")],
  ["[data-references]", () => import("./references.js")],
  ["[data-mask-chip]", () => import("./mask-chip.js")],
  ["[data-presets]", () => import("./presets.js")],
  ["[data-queue]", () => import("./queue.js")],
  ["[data-improve]", () => import("./improve.js")],
  ["[data-recall]", () => import("./recall.js")],
  ["[data-choose]", () => import("./choose.js")],
  ["[data-print]", () => import("./print.js")],
  ["[data-current]", () => import("./current.js")],
];

const attached = new WeakMap();

function attachOnce(element, load) {
  const seen = attached.get(element) ?? new Set();
  attached.set(element, seen);
  const arriving = load().then((module) => {
    if (seen.has(module)) return;
    seen.add(module);
    module.attach(element);
  });
  expect(arriving);
}

function attachAll(root) {
  for (const [selector, load] of behaviours) {
    if (root.matches?.(selector)) attachOnce(root, load);
    for (const element of root.querySelectorAll(selector)) attachOnce(element, load);
  }
}

attachAll(document);
document.addEventListener("htmx:load", (event) => attachAll(event.detail.elt ?? event.target));
document.addEventListener("htmx:after:init", (event) => attachAll(event.target));
