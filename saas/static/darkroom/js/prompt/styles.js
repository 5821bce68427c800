/* Choose up to four styles. Their number is on the chip; the first choice asks for one picture of each, and takes over the
   size and quality that the style sets. */
const MOST = 4;

export function attach(panel) {
  panel.addEventListener("change", ({ target }) => {
    if (target.name !== "style") return;
    const chosen = shown(panel);
    if (!target.checked) return;
    if (chosen.length === 1) one(panel.closest("form").elements.n);
    if (target.dataset.size) set("size", target.dataset.size);
    if (target.dataset.quality) set("quality", target.dataset.quality);
  });
  shown(panel);
}

/* Say on the chip what is chosen, and let no fifth be. Return the chosen ones. */
function shown(panel) {
  const all = [...panel.querySelectorAll("[name='style']")];
  const chosen = all.filter((each) => each.checked);
  const names = chosen.map((each) => each.dataset.name);
  for (const each of all) each.disabled = chosen.length >= MOST && !each.checked;
  panel.querySelector("[data-styles-say]").textContent = names.length > 1 ? `${names.length} styles` : (names[0] ?? "Styles");
  const face = panel.querySelector("summary");
  face.setAttribute("aria-label", `Styles: ${names.join(", ") || "none"}`);
  face.classList.toggle("bar-chip-on", names.length > 0);
  return chosen;
}

function one(field) {
  field.value = "1";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function set(name, value) {
  document.dispatchEvent(new CustomEvent("bar:set", { detail: { name, value } }));
}
