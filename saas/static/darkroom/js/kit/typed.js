/* The last button waits until the name was written. Only a courtesy: the server asks again. */
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
