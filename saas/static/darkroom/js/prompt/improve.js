/* Ask for better words (“Improve” beside the prompt), show them, and put them in only on a press. */
import { SignedOut, piece, send, welcome } from "../kit/http.js";

export function attach(button) {
  const form = button.closest("form");
  const words = form.querySelector("[data-words]");
  const place = form.querySelector("[data-improvement]");
  let mine = "";

  button.addEventListener("click", async () => {
    if (!words.value.trim()) return words.focus();
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    mine = words.value;
    try {
      const body = new FormData();
      body.set("prompt", mine);
      body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      show(place, await (await send(button.dataset.improve, form, body)).text());
    } catch (error) {
      if (error instanceof SignedOut) location.assign(form.dataset.signIn);
      else place.replaceChildren();
    } finally {
      button.ariaBusy = "false";
    }
  });

  place.addEventListener("click", ({ target }) => {
    if (target.closest("[data-improved-close]")) place.replaceChildren();
    else if (target.closest("[data-improved-use]")) {
      mine = words.value;
      put(words, place.querySelector("[data-improved-words]").textContent);
      place.replaceChildren(back());
    } else if (target.closest("[data-improved-back]")) {
      put(words, mine);
      place.replaceChildren();
    } else return;
    words.focus({ preventScroll: true });
  });
  document.addEventListener("bar:sent", () => place.replaceChildren());
}

function show(place, html) {
  const found = piece(html).querySelector("#improvement");
  if (!found) return;
  place.replaceChildren(found);
  welcome(found);
}

function put(words, text) {
  words.value = text;
  words.dispatchEvent(new Event("input", { bubbles: true }));
}

function back() {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "link-button small", textContent: "Restore my prompt" });
  button.dataset.improvedBack = "";
  return button;
}
