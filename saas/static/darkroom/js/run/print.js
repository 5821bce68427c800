/* Print the page from a button with data-print, as the browser's own menu does. */
export function attach(button) {
  button.addEventListener("click", () => window.print());
}
