/* Keep the mask in the prompt bar. `mask:open` opens the mask editor, which sends `mask:done`; the mask's code
   is in the hidden field. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

export function attach(chip) {
  const form = chip.closest("form");
  const row = chip.closest("[data-references-row]");
  const bar = { chip, form, field: row.querySelector("[data-mask-input]") };
  row.querySelector("[data-mask]").addEventListener("click", () => paint(bar));
  chip.querySelector("[data-mask-again]").addEventListener("click", () => paint(bar));
  chip.querySelector("[data-mask-remove]").addEventListener("click", () => set(bar, ""));
  row.addEventListener("references:changed", () => {
    if (bar.field.value && !form.querySelector("[data-reference]")) set(bar, ""); // nothing left that it could lie on
  });
  const away = new AbortController();
  const used = ({ detail }) => (chip.isConnected ? use(bar, detail) : away.abort());
  document.addEventListener("mask:done", used, { signal: away.signal });
}

function paint({ chip, form, field }) {
  const first = form.querySelector("[data-reference]");
  if (!first) return;
  const address = (pattern) => pattern.replace(NOBODY, field.value);
  const mask = field.value && { sent: address(chip.dataset.sent), strokes: address(chip.dataset.strokes) };
  const detail = {
    first: {
      code: first.dataset.reference,
      width: Number(first.dataset.width),
      height: Number(first.dataset.height),
      sent: first.dataset.sent,
      preview: first.dataset.sent.replace("/sent/", "/preview/"),
    },
    mask: mask || null,
    keep: form.querySelector("[name='keep_rest']:checked")?.value !== "off",
    feather: Number(form.elements.feather.value),
  };
  document.dispatchEvent(new CustomEvent("mask:open", { detail }));
}

function use(bar, { mask, keep, feather }) {
  const { form } = bar;
  const rest = form.querySelector(`[name='keep_rest'][value='${keep ? "on" : "off"}']`);
  if (rest) rest.checked = true;
  form.elements.feather.value = feather;
  form.querySelector("output[for='feather']").textContent = feather;
  // Only a picture of Image 1's shape can have its untouched parts put back.
  const size = form.querySelector("[data-reference]")?.dataset.editSize;
  if (keep && size) document.dispatchEvent(new CustomEvent("bar:set", { detail: { name: "size", value: size } }));
  set(bar, mask?.code ?? "");
  document.dispatchEvent(new CustomEvent("bar:write", { detail: { keepsWords: true } }));
}

function set({ chip, form, field }, code) {
  field.value = code;
  chip.hidden = code === "";
  const words = form.querySelector("[data-words]");
  words.dataset.plain ??= words.placeholder;
  words.placeholder = code ? "Say what you want to see in the painted place" : words.dataset.plain;
  chip.parentElement.querySelector("[data-mask]").hidden = code !== "";
  form.querySelector("[data-masked]")?.toggleAttribute("hidden", code === "");
  if (code) chip.querySelector("img").src = chip.dataset.thumbnail.replace(NOBODY, code);
  form.dispatchEvent(new CustomEvent("bar:changed"));
}
