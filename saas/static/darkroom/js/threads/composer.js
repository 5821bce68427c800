/* Say what should change: Enter sends, the button shows the price of what stands there now, and words that go back to
   another turn are shown as such before they are sent. */
import { piece, send } from "../kit/http.js";
import { toast } from "../kit/toasts.js";
import { upload } from "../prompt/upload.js";

const REST_MS = 250;

export function attach(form) {
  const thread = form.closest("[data-thread]");
  const words = form.elements.say;
  const box = form.querySelector("#thread-go");
  let [turn, resting, priced] = [0, 0, words.value];

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say();
  });
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  words.addEventListener("input", () => {
    form.elements.as_said.value = "";
    later();
  });
  form.addEventListener("change", ({ target }) => (target.matches("[data-thread-file]") ? attachFiles(target) : later()));
  form.addEventListener("thread:painted", () => price());
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if ("goUndo" in button.dataset) form.elements.as_said.value = "1";
    else if ("goFresh" in button.dataset) form.elements.fresh.value = button.dataset.goFresh;
    else if ("goUnmask" in button.dataset) unmask();
    else if ("goUncollapse" in button.dataset) return uncollapse();
    else if ("threadUnattach" in button.dataset) button.closest("li").remove();
    else return;
    price();
    words.focus();
  });
  thread.addEventListener("change", ({ target }) => target.matches("[data-thread-begin]") && begin(target.files[0]));
  thread.addEventListener("click", ({ target }) => {
    const all = target.closest("[data-collapse]");
    if (all) return collapse(all.dataset);
    const again = target.closest("[data-say-again]");
    if (!again) return;
    words.value = again.dataset.said;
    thread.dispatchEvent(new CustomEvent("thread:go", { detail: { search: `?turn=${again.dataset.parent}` } }));
    words.focus();
    words.setSelectionRange(words.value.length, words.value.length);
  });
  thread.addEventListener("thread:looked", ({ detail: { go, isNew } }) => {
    if (!go || (!isNew && form.elements.parent.value === go.dataset.parent && !box.querySelector("[data-code^='parent']"))) return;
    if (form.elements.collapses.value) return; // the person is about to send it
    if (form.elements.image.value !== go.dataset.image) unmask();
    form.elements.parent.value = go.dataset.parent;
    form.elements.image.value = go.dataset.image;
    form.elements.fresh.value = "";
    turn += 1;
    box.replaceChildren(go.content.cloneNode(true));
    price(); // of the settings that are chosen here
  });

  function later() {
    clearTimeout(resting);
    resting = setTimeout(price, REST_MS);
  }

  /* Return whether the button now shows what the composer holds. */
  async function price() {
    clearTimeout(resting);
    const [mine, said] = [++turn, words.value];
    const answer = await send(form.dataset.price, form).catch(() => null);
    if (mine !== turn || !answer?.ok) return false;
    box.replaceChildren(piece(await answer.text()));
    priced = said;
    return true;
  }

  async function say() {
    if (form.ariaBusy === "true") return;
    if (priced !== words.value) {
      const shown = branch();
      if (!(await price())) return toast("That did not work. Check your connection and try again.", "error");
      if (branch() && branch() !== shown) return; // now it is seen where this goes back to
    }
    form.ariaBusy = "true";
    try {
      await thread.painting?.give();
      const answer = await send(form.action, form);
      if (answer.status === 201) return await sent(await answer.json());
      if (answer.status !== 422) throw new Error(String(answer.status));
      turn += 1;
      box.replaceChildren(piece(await answer.text()));
    } catch (error) {
      toast(error.sentence ?? "It was not sent. Check your connection and try again.", "error");
    } finally {
      form.removeAttribute("aria-busy");
    }
  }

  async function sent({ url, request_key: key }) {
    words.value = priced = "";
    form.elements.request_key.value = key;
    form.elements.as_said.value = form.elements.fresh.value = form.elements.collapses.value = "";
    form.querySelector("[data-thread-references]").replaceChildren();
    unmask();
    if (!thread.dataset.thread) return location.assign(url);
    thread.dispatchEvent(new CustomEvent("thread:go", { detail: { search: new URL(url, location).search } }));
  }

  function collapse({ collapse: turn, said, parent }) {
    unmask();
    words.value = said;
    form.elements.collapses.value = turn;
    form.elements.parent.value = parent;
    form.elements.image.value = form.elements.fresh.value = "";
    price();
    words.focus();
  }

  function uncollapse() {
    words.value = form.elements.collapses.value = "";
    thread.dispatchEvent(new CustomEvent("thread:go", { detail: { search: location.search } }));
  }

  const branch = () => box.querySelector("[name=branch]")?.value ?? "";

  function unmask() {
    form.elements.mask.value = form.elements.painted.value = "";
    thread.painting?.close();
  }

  async function give(file) {
    const body = new FormData();
    body.set("file", file);
    const answer = await upload(form.dataset.give, form, body, () => {}, "application/json").catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (answer?.ok) return told;
    toast(told?.error?.message ?? "The picture was not uploaded. Try again in a moment.", "error");
    return null;
  }

  async function attachFiles(input) {
    for (const file of [...input.files]) {
      const told = await give(file);
      if (told) form.querySelector("[data-thread-references]").append(reference(told));
    }
    input.value = "";
    price();
  }

  async function begin(file) {
    const told = file && (await give(file));
    if (told) location.assign(`?input=${told.code}`);
  }

  function reference({ code, name, thumbnail }) {
    const item = form.querySelector("[data-thread-reference]").content.firstElementChild.cloneNode(true);
    item.querySelector("img").src = thumbnail;
    item.querySelector("input").value = code;
    item.querySelector("button").ariaLabel = `Remove ${name}`;
    return item;
  }
}
