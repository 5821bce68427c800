/* While a form is on its way, its button turns and a second press does nothing. */
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
  // The browser's back button may bring the page back as it was left: turning.
  addEventListener("pageshow", rest);
  form.addEventListener("htmx:afterRequest", rest);
}
