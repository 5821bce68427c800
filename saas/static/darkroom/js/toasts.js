/* Short messages at the edge. Good news leaves by itself, unless the person is reading it; bad news stays. */
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

export function toast(text, kind = "success") {
  const template = document.getElementById(`toast-${kind}`) ?? document.getElementById("toast-success");
  const element = template.content.firstElementChild.cloneNode(true);
  element.querySelector("[data-toast-text]").textContent = text;
  document.getElementById("toasts").append(element);
  wire(element);
  return element;
}

export function attach(region) {
  // Put in again, because a live region reads only what changes after the page is there.
  const waiting = [...region.querySelectorAll("[data-toast]")];
  for (const element of waiting) {
    region.append(element);
    wire(element);
  }
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind));
}
