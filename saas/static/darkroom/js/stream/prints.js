/* Mark keepers: the keys 1 to 9 mark pictures of the run in hand. Print opens in a dialog, and its price follows what
   is chosen. Without script the same numbers are buttons and Print is a page. */
import { ask, piece } from "../kit/http.js";
import { piecesOf } from "../kit/pieces.js";
import { toast } from "../kit/toasts.js";
import { isWriting } from "../kit/typing.js";

export function attach(dialog) {
  document.addEventListener("keydown", (event) => {
    if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isWriting(event) || document.querySelector("dialog[open]")) return;
    inHand()?.querySelector(`[data-keeper="${event.key}"]`)?.click();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-print]");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    open(dialog, link);
  });
  dialog.addEventListener("change", () => price(dialog));
  dialog.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-print-form]")) return;
    event.preventDefault();
    send(dialog, event.target);
  });
}

/* Return the run around the focus or under the pointer; else the first in sight. Only runs with numbers count. */
function inHand() {
  const runs = [...document.querySelectorAll(".run:has([data-keeper])")];
  const isInSight = ({ top, bottom }) => bottom > 80 && top < innerHeight - 80;
  return (
    runs.find((run) => run.matches(":focus-within")) ??
    runs.find((run) => run.matches(":hover")) ??
    runs.find((run) => isInSight(run.getBoundingClientRect()))
  );
}

async function open(dialog, link) {
  const found = await piecesOf(link.href).catch(() => null);
  if (!found) return location.assign(link.href);
  dialog.querySelector(".dialog-body").replaceChildren(found);
  globalThis.htmx?.process(dialog);
  dialog.showModal();
  dialog.querySelector("[data-print-price] button").focus();
}

async function price(dialog) {
  const form = dialog.querySelector("[data-print-form]");
  const asked = new URLSearchParams(new FormData(form));
  for (const name of ["csrfmiddlewaretoken", "request_key", "prompt"]) asked.delete(name);
  const words = form.elements.prompt.value.slice(0, 2000); // an address cannot hold more; the price hardly differs
  const found = await piecesOf(`${form.action}?${asked}&${new URLSearchParams({ prompt: words })}`).catch(() => null);
  const fresh = found?.querySelector("[data-print-price]");
  if (fresh) dialog.querySelector("[data-print-price]").replaceWith(fresh);
}

async function send(dialog, form) {
  const button = form.querySelector("[data-print-price] button");
  if (button.ariaDisabled === "true" || button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  const answer = await ask(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (answer?.status === 204) {
    dialog.close();
    return toast("Your prints are queued.");
  }
  button.removeAttribute("aria-busy");
  if (answer?.status !== 422) return toast("The request failed. Try again.", "error");
  form.replaceWith(piece(await answer.text()).querySelector("[data-print-form]"));
}
