/* Apply a filter as soon as it is chosen; empty ones are left out of the address. "/" goes to the search. */
import { isWriting } from "../kit/typing.js";

export function attach(form) {
  form.addEventListener("submit", () => {
    const empty = [...form.elements].filter((each) => each.name && !each.value);
    for (const each of empty) each.disabled = true;
    setTimeout(() => {
      for (const each of empty) each.disabled = false; // the browser may keep the page for Back
    });
  });
  form.addEventListener("change", ({ target }) => target.matches("select") && form.requestSubmit());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || isWriting(event) || event.target.closest("dialog")) return;
    event.preventDefault();
    form.elements.q.focus();
  });
}
