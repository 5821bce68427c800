/* While the button is held, show the picture as it was a turn before. */
export function attach(button) {
  const stage = button.closest("[data-thread]").querySelector("#thread-stage");
  const see = () => {
    if (!button.dataset.threadBefore || stage.querySelector(".thread-before")) return;
    const over = Object.assign(document.createElement("div"), { className: "thread-before" });
    over.append(Object.assign(new Image(), { src: button.dataset.threadBefore, alt: "The picture a turn before" }));
    stage.append(over);
  };
  const hide = () => stage.querySelector(".thread-before")?.remove();
  button.addEventListener("pointerdown", see);
  button.addEventListener("keydown", ({ key }) => (key === "Enter" || key === " ") && see());
  for (const end of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) button.addEventListener(end, hide);
}
