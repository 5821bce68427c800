/* Disable the last button until the name is typed. Only for convenience: the server checks it too. */
export function attach(form) {
  const input = form.querySelector("[data-typed-expects]");
  const button = form.querySelector("button:not([type='button'])");
  if (!input) return;
  const check = () => {
    button.disabled = input.value.trim() !== input.dataset.typedExpects;
  };
  input.addEventListener("input", check);
  check();
}
