/* Use, save and remove presets without leaving the page. */
import { piece, send, welcome } from "../kit/http.js";

export function attach(presets) {
  const form = presets.closest("form");
  presets.addEventListener("click", async (event) => {
    const used = event.target.closest("[data-preset]");
    const button = event.target.closest("[data-preset-save], [data-preset-remove]");
    if (!used && !button) return;
    event.preventDefault();
    if (used) {
      used.closest("details").removeAttribute("open");
      return document.dispatchEvent(new CustomEvent("bar:fill", { detail: { query: `preset=${used.dataset.preset}` } }));
    }
    const name = presets.querySelector("[name='preset_name']").value;
    const answer = await send(button.formAction, form).catch(() => null);
    if (!answer) return;
    const fresh = piece(await answer.text()).querySelector("[data-presets]");
    if (!fresh) return;
    presets.replaceWith(fresh);
    welcome(fresh);
    const field = fresh.querySelector("[name='preset_name']");
    if (answer.status === 422) field.value = name;
    field.focus();
  });
}
