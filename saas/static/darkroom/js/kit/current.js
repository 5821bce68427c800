/* Scroll a row of choices that is wider than the screen to the one that is on. */
export function attach(row) {
  const on = row.querySelector("[aria-current]");
  if (!on || row.scrollWidth <= row.clientWidth) return;
  const [whole, part] = [row.getBoundingClientRect(), on.getBoundingClientRect()];
  row.scrollLeft += part.left - whole.left - (whole.width - part.width) / 2;
}
