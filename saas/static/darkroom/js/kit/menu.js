/* Make a <details> menu, which opens by itself, behave as people expect of a menu: it closes on Esc, on a click
   elsewhere and when focus leaves, and the arrow keys walk through it. */
const STEP = { ArrowDown: 1, ArrowUp: -1 };

export function attach(menu) {
  const summary = menu.querySelector("summary");
  const items = () => [...menu.querySelectorAll(".menu-item, .segment")];

  const close = (refocus) => {
    menu.open = false;
    if (refocus) summary.focus();
  };

  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      event.stopPropagation();
      close(true);
    }
    if (event.key in STEP) {
      event.preventDefault();
      menu.open = true;
      const all = items();
      const now = all.indexOf(document.activeElement);
      const next = now < 0 ? (STEP[event.key] > 0 ? 0 : -1) : now + STEP[event.key];
      all.at(next % all.length)?.focus();
    }
  });

  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) close(false);
  });

  document.addEventListener("pointerdown", (event) => {
    if (menu.open && !menu.contains(event.target)) close(false);
  });

  // Close when an item opens a dialog.
  menu.addEventListener("click", (event) => {
    if (event.target.closest("[data-dialog]")) close(false);
  });
}
