/* Replace a piece of the page by a newer one without a visible change: pictures that are there stay (a new element
   would flash), what was unfolded stays unfolded, and the focus stays where it was. */
import { piece, welcome } from "../kit/http.js";

export function renew(old, html) {
  const fresh = piece(html).firstElementChild;
  if (!fresh) return old;
  for (const image of fresh.querySelectorAll("img[id]")) keepImage(old, image);
  for (const fold of old.querySelectorAll("details[id][open]")) {
    fresh.querySelector(`#${CSS.escape(fold.id)}`)?.setAttribute("open", "");
  }
  for (const words of old.querySelectorAll("textarea[id]")) keepWords(words, fresh);
  const focused = old.contains(document.activeElement) ? pathTo(document.activeElement) : null;
  old.replaceWith(fresh);
  welcome(fresh);
  if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true });
  return fresh;
}

/* Keep the text that is being written, and the place of the cursor. */
function keepWords(words, fresh) {
  const same = fresh.querySelector(`#${CSS.escape(words.id)}`);
  if (!same) return;
  same.value = words.value;
  same.setSelectionRange(words.selectionStart, words.selectionEnd);
}

function keepImage(old, image) {
  const known = old.querySelector(`#${CSS.escape(image.id)}`);
  if (known?.getAttribute("src") !== image.getAttribute("src")) return;
  for (const { name, value } of image.attributes) known.setAttribute(name, value);
  image.replaceWith(known);
}

/* Return a selector for the focused element: by its id, an address or a behaviour. */
function pathTo(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  for (const name of ["data-slot-choice", "data-preview", "data-play", "data-scrub", "data-speed", "data-enlarge", "href"]) {
    if (element.hasAttribute(name)) return `[${name}="${CSS.escape(element.getAttribute(name))}"]`;
  }
  return null;
}
