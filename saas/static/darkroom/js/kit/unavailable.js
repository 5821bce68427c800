/* aria-disabled keeps a control focusable, so that its reason can be read; this keeps it from acting. */
export function attach(control) {
  control.addEventListener(
    "click",
    (event) => {
      if (control.getAttribute("aria-disabled") !== "true") return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
}
