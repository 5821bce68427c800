/* What can be done with the pictures of a set: compare one with the photo, and hand one to another program. */
const LATE = "AbortError"; // the person has changed their mind

export function attach(dialog) {
  const [before, after] = dialog.querySelectorAll(".compared-one img");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-compare-with]");
    if (!button) return;
    before.src = button.dataset.photo;
    after.src = button.dataset.compareWith;
    after.alt = dialog.querySelector("[data-compared-name]").textContent = button.dataset.name || "The picture";
    dialog.showModal();
    dialog.querySelector(".compared-slider").focus();
  });
  const sample = new File([""], "picture.png", { type: "image/png" });
  if (!navigator.canShare?.({ files: [sample] })) return;
  document.querySelector("[data-booth]").toggleAttribute("data-shares", true);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-web-share]");
    if (!button) return;
    const picture = await (await fetch(button.dataset.webShare)).blob();
    const ending = picture.type.split("/")[1];
    const files = [new File([picture], `${button.dataset.name || "picture"}.${ending}`, { type: picture.type })];
    await navigator.share({ files }).catch((error) => {
      if (error.name !== LATE) location.assign(button.dataset.webShare);
    });
  });
}
