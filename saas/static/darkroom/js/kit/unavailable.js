/* Keep a control with aria-disabled from acting. It stays focusable, so that its reason can be read. */
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
