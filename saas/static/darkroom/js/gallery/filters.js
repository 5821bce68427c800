/* A filter holds as soon as it is chosen; empty ones do not stand in the address. "/" goes to the search. */
export function attach(form) {
  form.addEventListener("submit", () => {
    const empty = [...form.elements].filter((each) => each.name && !each.value);
    for (const each of empty) each.disabled = true;
    setTimeout(() => empty.forEach((each) => (each.disabled = false))); // the page may be kept for coming back
  });
  form.addEventListener("change", ({ target }) => target.matches("select") && form.requestSubmit());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, textarea, select, dialog")) return;
    event.preventDefault();
    form.elements.q.focus();
  });
}
