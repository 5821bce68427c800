/* Show the keys of the page on Shift+?, but never while a person writes. */
import { isWriting } from "./typing.js";

export function attach(dialog) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    dialog.showModal();
  });
}
