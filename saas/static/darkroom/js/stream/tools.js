/* Unpack a picture's tools from a template when the pointer or the focus comes near: they are most of what a run is
   made of, and of five hundred runs only a few are ever touched. */
import { welcome } from "../kit/http.js";

const NEAR_MS = 50; // a picture that passes under a resting pointer is not looked at

export function attach(stream) {
  const near = ({ target }) => unpack(target.closest?.(".tile"));
  for (const type of ["pointerdown", "focusin"]) stream.addEventListener(type, near);
  stream.addEventListener("pointerover", ({ target }) => {
    const tile = target.closest?.(".tile");
    if (tile && packed(tile).length) setTimeout(() => tile.matches(":hover") && unpack(tile), NEAR_MS);
  });
}

export function unpack(element) {
  for (const template of element ? packed(element) : []) {
    const tools = template.content.firstElementChild;
    template.replaceWith(tools);
    welcome(tools);
  }
}

const packed = (element) => element.querySelectorAll("template[data-tools]");
