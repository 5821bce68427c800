/* Open a dialog from data-dialog="id"; without script, the link's own address is the way. A click on the backdrop
   closes it, and Esc does so natively. */
function attachDialog(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-dialog-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  // Only a press that also began on the backdrop counts, so that selecting text outwards closes nothing.
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside =
      event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) dialog.close();
  });
  const named = () => location.hash === `#${dialog.id}` && !dialog.open && show(dialog);
  addEventListener("hashchange", named); // a link, also of another page, opens it by its id
  if ("dialogOpen" in dialog.dataset) show(dialog);
  else named();
}

/* Open the dialog with the focus in its first field, not on its close button. */
function show(dialog) {
  dialog.showModal();
  dialog.querySelector(".dialog-body :is(input:not([type='hidden']), select, textarea)")?.focus();
}

function attachOpener(opener) {
  const dialog = document.getElementById(opener.dataset.dialog);
  if (!dialog) return;
  opener.setAttribute("aria-haspopup", "dialog");
  opener.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || opener.ariaDisabled === "true") return;
    event.preventDefault();
    show(dialog);
  });
}

export function attach(element) {
  if (element instanceof HTMLDialogElement) attachDialog(element);
  if (element.dataset.dialog) attachOpener(element);
}
