/* Let a checkbox with data-choose="name" tick all of that name in its form, and show when all or some are ticked. */
export function attach(all) {
  const { form } = all;
  const boxes = () => [...form.querySelectorAll(`[type="checkbox"][name="${all.dataset.choose}"]`)];

  function show() {
    const count = boxes().filter((box) => box.checked).length;
    all.checked = count > 0 && count === boxes().length;
    all.indeterminate = count > 0 && !all.checked;
  }

  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
  });
  form.addEventListener("change", (event) => {
    if (event.target !== all) show();
  });
  show();
}
