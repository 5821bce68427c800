/* Load behaviours; this is the one entry. A behaviour is a module with attach(element); it is fetched only where its
   attribute is on the page, also when htmx brings the attribute later. Pages can be read and used before any of this
   arrives. */
import { expect } from "./kit/early.js";
import "./kit/typing.js"; // for early.js: fetched beside it, not after it

const behaviours = [
  ["[data-menu]", () => import("./kit/menu.js")],
  ["[data-rail]", () => import("./kit/rail.js")],
  ["[data-dialog]", () => import("./kit/dialog.js")],
  ["dialog", () => import("./kit/dialog.js")],
  ["[data-palette-dialog]", () => import("./kit/palette.js")],
  ["[data-toasts]", () => import("./kit/toasts.js")],
  ["[data-look-form]", () => import("./kit/look.js")],
  ["[data-copy]", () => import("./kit/copy.js")],
  ["[data-reveal]", () => import("./kit/reveal.js")],
  ["[data-busy]", () => import("./kit/busy.js")],
  ["[data-typed]", () => import("./kit/typed.js")],
  ["[data-mod]", () => import("./kit/mod.js")],
  ["[aria-disabled='true']", () => import("./kit/unavailable.js")],
  ["[data-passkey]", () => import("./kit/passkey.js")],
  ["#keys", () => import("./kit/key_help.js")],
  ["[data-slug-from]", () => import("./kit/slug.js")],
  ["[data-live]", () => import("./live/live.js")],
  ["[data-stream]", () => import("./stream/stream.js")],
  ["#print", () => import("./stream/prints.js")],
  ["[data-mask-editor]", () => import("./mask/editor.js")],
  ["[data-notices-shown]", () => import("./prompt/notices.js")],
  ["[data-prompt]", () => import("./prompt/prompt.js")],
  ["[data-older]", () => import("./stream/older.js")],
  ["[data-stream]", () => import("./stream/place.js")],
  ["[data-stream]", () => import("./stream/tools.js")],
  ["[data-details]", () => import("./stream/details.js")],
  ["[data-story]", () => import("./run/story.js")],
  ["[data-replay]", () => import("./run/replay.js")],
  ["[data-copy-link]", () => import("./kit/copy-link.js")],
  ["[data-enlarge]", () => import("./run/enlarge.js")],
  ["[data-wall]", () => import("./gallery/wall.js")],
  ["[data-filters]", () => import("./gallery/filters.js")],
  ["[data-lightbox]", () => import("./gallery/lightbox.js")],
  ["[data-lightbox]", () => import("./gallery/wall-keys.js")],
  ["[data-lightbox]", () => import("./gallery/visibility.js")],
  ["[data-looking]", () => import("./gallery/looking.js")],
  ["[data-bulk]", () => import("./gallery/select.js")],
  ["[data-act]", () => import("./gallery/act.js")],
  ["[data-compare]", () => import("./gallery/compare.js")],
  ["[data-order]", () => import("./gallery/order.js")],
  ["[data-stream]", () => import("./stream/seconds.js")],
  ["[data-watch]", () => import("./stream/stream.js")],
  ["[data-watch]", () => import("./stream/seconds.js")],
  ["[data-thread]", () => import("./threads/thread.js")],
  ["[data-thread-form]", () => import("./threads/composer.js")],
  ["[data-thread-brush]", () => import("./threads/paint.js")],
  ["[data-thread-region]", () => import("./threads/region.js")],
  ["[data-thread-drift]", () => import("./threads/drift.js")],
  ["[data-thread-play]", () => import("./threads/play.js")],
  ["[data-thread-before]", () => import("./threads/before.js")],
  ["[data-booth]", () => import("./booth/booth.js")],
  ["[data-kiosk]", () => import("./booth/kiosk/kiosk.js")],
  ["[data-guest]", () => import("./booth/guest.js")],
  ["[data-slideshow]", () => import("./booth/slideshow.js")],
  ["[data-booth-compare]", () => import("./booth/set.js")],
  ["[data-new-sheet]", () => import("./sheets/new.js")],
  ["[data-sheet]", () => import("./sheets/sheet.js")],
  ["[data-stream]", () => import("./stream/walk.js")],
  ["[data-words]", () => import("./prompt/memory.js")],
  ["[data-chips]", () => import("./prompt/chips.js")],
  ["[data-references]", () => import("./prompt/references.js")],
  ["[data-mask-chip]", () => import("./mask/chip.js")],
  ["[data-styles]", () => import("./prompt/styles.js")],
  ["[data-presets]", () => import("./prompt/presets.js")],
  ["[data-queue]", () => import("./stream/queue.js")],
  ["[data-improve]", () => import("./prompt/improve.js")],
  ["[data-recall]", () => import("./prompt/recall.js")],
  ["[data-choose]", () => import("./kit/choose.js")],
  ["[data-print]", () => import("./run/print.js")],
  ["[data-current]", () => import("./kit/current.js")],
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
