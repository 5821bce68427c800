/* Show a form's button as busy while the form is being sent, and ignore a second press. */
export function attach(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented) return;
    form.dataset.sent = "true";
    (event.submitter ?? form.querySelector("button:not([type='button'])"))?.setAttribute("aria-busy", "true");
  });
  const rest = () => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  };
  // The browser's back button may bring the page back as it was left: busy.
  addEventListener("pageshow", rest);
  form.addEventListener("htmx:afterRequest", rest);
}
