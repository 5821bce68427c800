/* Show on each chip of the prompt bar what is chosen, keep one panel open, and let buttons set small fields. */
export function attach(chips) {
  chips.addEventListener("change", ({ target }) => {
    const says = target.dataset.says;
    const chip = target.closest("[data-chip]");
    if (says && chip) say(chip, says, target);
    if (target.matches("[name='width'], [name='height']")) custom(chips);
  });
  chips.addEventListener("input", ({ target }) => {
    if (target.matches("[data-range]")) target.parentElement.querySelector("output").textContent = target.value;
    if (target.matches("[name='width'], [name='height']")) custom(chips);
  });
  chips.addEventListener("click", ({ target }) => {
    const step = target.closest("[data-step]");
    if (step) return count(chips, Number(step.dataset.step));
    if (target.closest("[data-turn]")) turn(chips);
  });
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && chips.isConnected && chips.querySelector("[data-chip][open]");
    if (!open || document.querySelector("dialog[open]")) return;
    open.removeAttribute("open");
    open.querySelector("summary").focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    for (const open of chips.querySelectorAll("[data-chip][open]")) {
      if (!open.contains(target)) open.removeAttribute("open");
    }
  });
  document.addEventListener("bar:set", ({ detail }) => chips.isConnected && set(chips, detail));
}

function say(chip, words, input) {
  const label = chip.querySelector("[data-chip-says]");
  if (label) label.textContent = words;
  const summary = chip.querySelector("summary");
  summary.setAttribute("aria-label", `${summary.getAttribute("aria-label").split(":")[0]}: ${words}`);
  const drawn = input.closest("label")?.querySelector(".ratio-glyph > rect");
  if (drawn) chip.querySelector("[data-glyph]")?.replaceChildren(drawn.cloneNode());
}

/* Choose the custom size, because a width or a height is typed. */
function custom(chips) {
  const [width, height] = ["width", "height"].map((name) => chips.querySelector(`[name="${name}"]`).value);
  const radio = chips.querySelector("[data-custom]");
  radio.checked = true;
  say(radio.closest("[data-chip]"), `${width} × ${height}`, radio);
}

function turn(chips) {
  const [width, height] = ["width", "height"].map((name) => chips.querySelector(`[name="${name}"]`));
  [width.value, height.value] = [height.value, width.value];
  custom(chips);
  width.dispatchEvent(new Event("input", { bubbles: true }));
}

function count(chips, by) {
  const field = chips.querySelector("[name='n']");
  const next = Math.min(Math.max(Number(field.value) + by, Number(field.min)), Number(field.max));
  if (String(next) === field.value) return;
  field.value = next;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Set a field to a suggestion that was taken. */
function set(chips, { name, value }) {
  if (name === "size") return setSize(chips, value);
  const fields = [...chips.querySelectorAll(`input[name="${name}"]`)];
  const field = fields.find((each) => each.type !== "radio" || each.value === value);
  if (!field) return;
  if (field.type === "radio") field.checked = true;
  else field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function setSize(chips, value) {
  const [width, height] = value.split("x");
  chips.querySelector("[name='width']").value = width;
  chips.querySelector("[name='height']").value = height;
  custom(chips);
  chips.querySelector("[name='height']").dispatchEvent(new Event("input", { bubbles: true }));
}
