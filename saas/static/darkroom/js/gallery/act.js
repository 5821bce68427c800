/* Send a form with data-act without leaving the page. A sentence says how it went, with Undo where there is a way back,
   and `acted` on the document tells other modules. Without script the same form works by itself. One listener serves
   every form, also one that came a moment ago: a key pressed at once must not leave the page. */
import { ask } from "../kit/http.js";
import { toast } from "../kit/toasts.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  const pressed = event.submitter;
  if (!form.matches("[data-act]") || (pressed && "plain" in pressed.dataset)) return;
  event.preventDefault();
  const data = new FormData(form, pressed);
  const does = pressed?.dataset.does ?? form.dataset.does ?? "";
  act(pressed?.getAttribute("formaction") ?? form.action, data, does, form);
});

// Enter in a field of a form with many buttons means the button beside the field.
document.addEventListener("keydown", (event) => {
  const address = event.target.dataset?.enter;
  const form = event.target.form;
  if (event.key !== "Enter" || !address || !form?.matches("[data-act]")) return;
  event.preventDefault();
  act(address, new FormData(form), "");
});

/* Do nothing: the listeners above are all. main.js loads this module where such a form is. */
export function attach() {}

async function act(address, data, does, form = null) {
  let told = {};
  let isDone = false;
  try {
    const answer = await ask(address, { method: "POST", body: data });
    told = await answer.json();
    isDone = answer.ok;
  } catch {
    told = { sentence: "That did not work. Reload the page and try again." };
  }
  const shown = told.sentence ? toast(told.sentence, isDone ? "success" : "error") : null;
  if (!isDone) return;
  for (const words of form?.querySelectorAll("textarea") ?? []) words.value = ""; // they are sent
  if (shown && told.undo) addUndo(shown, told.undo, data);
  const detail = { does, pictures: data.getAll("picture"), stars: data.get("stars") };
  document.dispatchEvent(new CustomEvent("acted", { detail }));
}

function addUndo(shown, address, data) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.textContent = "Undo";
  button.addEventListener("click", () => {
    shown.remove();
    act(address, data, "restore");
  });
  shown.querySelector("[data-toast-text]").append(" ", button);
}
