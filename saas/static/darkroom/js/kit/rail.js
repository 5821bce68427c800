/* Open the narrow rail over the page, so that its places have names; a click elsewhere or Esc closes it again. */
export function attach(rail) {
  const button = rail.querySelector(".rail-open");

  const show = (isOpen) => {
    rail.toggleAttribute("data-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
  };

  button.addEventListener("click", () => show(!rail.hasAttribute("data-open")));
  rail.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !rail.hasAttribute("data-open")) return;
    event.stopPropagation();
    show(false);
    button.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!rail.contains(event.target)) show(false);
  });
}
