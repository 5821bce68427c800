/* Show the keys of the page on Shift+?, but never while a person writes. */
const isWriting = (target) => target.closest("input, textarea, select, [contenteditable]");

export function attach(dialog) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    dialog.showModal();
  });
}
