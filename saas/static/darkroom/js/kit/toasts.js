/* Show short messages at the edge. Success goes by itself, unless the pointer or the focus is on it; errors and
   warnings stay. */
const STAYS_MS = 6000;

function leave(element) {
  element.classList.add("toast-leaving");
  setTimeout(() => element.remove(), 250);
}

function wire(element) {
  element.querySelector("[data-toast-close]").addEventListener("click", () => leave(element));
  if (element.matches(".toast-error, .toast-warning")) return;
  let timer;
  const start = () => {
    timer = setTimeout(() => leave(element), STAYS_MS);
  };
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) element.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) element.addEventListener(name, start);
  start();
}

/* Raise the toasts to the top layer, because an open dialog lies above everything else. */
function raise(region) {
  const dialog = document.querySelector("dialog[open]");
  if (!dialog) return;
  region.popover = "manual";
  dialog.addEventListener("close", () => region.removeAttribute("popover"), { once: true });
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
}

export function toast(text, kind = "success") {
  const template = document.getElementById(`toast-${kind}`) ?? document.getElementById("toast-success");
  const element = template.content.firstElementChild.cloneNode(true);
  element.querySelector("[data-toast-text]").textContent = text;
  const region = document.getElementById("toasts");
  region.append(element);
  raise(region);
  wire(element);
  return element;
}

export function attach(region) {
  // Append them again, because a live region reads only what changes after the page is there.
  const waiting = [...region.querySelectorAll("[data-toast]")];
  for (const element of waiting) {
    region.append(element);
    wire(element);
  }
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind));
}
