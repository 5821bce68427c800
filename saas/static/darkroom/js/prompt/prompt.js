/* Run the prompt bar: it grows with its text, keeps a draft, shows its price, and sends without leaving the page. */
import { SignedOut, ask, piece, send, welcome } from "../kit/http.js";
import { keep, keptWords, saved } from "./draft.js";
import { notify } from "./notices.js";
import { place } from "./placeholder.js";

const TYPING_MS = 350;
const DOUBLE_CLICK_MS = 600;
const NEWS_MS = 400; // many failures at once are one piece of news
const BEGIN_OR_END = ["live:again", "live:connection", "live:failed", "live:waiting", "notice:over"]; // of an outage

export function attach(form) {
  const words = form.querySelector("[data-words]");
  const bar = { form, words, isStale: false, turn: 0, timer: 0, sent: "", sentAt: 0, made: null };
  const grow = () => fit(words);

  words.addEventListener("input", grow);
  form.addEventListener("input", (event) => changed(bar, event.target === words ? TYPING_MS : 80));
  form.addEventListener("change", (event) => {
    if (event.target.name === "model") changed(bar, 0);
  });
  form.addEventListener("bar:changed", () => changed(bar, 0));
  for (const type of BEGIN_OR_END) document.addEventListener(type, () => weighSoon(bar));
  form.addEventListener("keydown", (event) => pressed(bar, event));
  form.addEventListener("click", suggested);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("formaction")) return; // a preset is saved or removed
    event.preventDefault();
    generate(bar, event);
  });
  document.addEventListener("bar:write", ({ detail }) => write(bar, detail ?? {}));
  form.addEventListener("references:changed", () => revise(bar));
  document.addEventListener("bar:fill", ({ detail }) => fill(bar, detail));
  document.addEventListener("click", ({ target }) => {
    const example = target.closest("[data-example]");
    if (example) begin(bar, example.dataset.example);
  });
  addEventListener("pageshow", ({ persisted }) => persisted && fill(bar, { query: "", isQuiet: true }));
  fold(form);
  restore(bar);
  grow();
  const isElsewhere = document.activeElement !== document.body || document.querySelector("dialog[open]");
  if (matchMedia("(pointer: fine)").matches && !isElsewhere) words.focus({ preventScroll: true });
}

function fit(words) {
  words.style.height = "auto";
  words.style.height = `${words.scrollHeight}px`;
}

/* Fold the bar on a phone while the pictures are scrolled; a touch on it brings all of it back. */
function fold(form) {
  let from = scrollY;
  addEventListener("pointerdown", ({ target }) => form.contains(target) && form.removeAttribute("data-folded"), true);
  addEventListener(
    "scroll",
    () => {
      if (scrollY < 20) form.removeAttribute("data-folded");
      else if (scrollY > from + 60) form.dataset.folded = "";
      if (scrollY < from || form.hasAttribute("data-folded")) from = scrollY;
    },
    { passive: true },
  );
}

/* -- Keeping, and asking for the verdict -- */

function changed(bar, pause) {
  bar.isStale = true;
  bar.turn += 1; // an answer that is still on its way is about the text before
  keep(bar.form, bar.words.value);
  clearTimeout(bar.timer);
  bar.timer = setTimeout(() => weigh(bar), pause);
}

function weighSoon(bar) {
  if (bar.isStale) return; // it is about to be weighed
  clearTimeout(bar.timer);
  bar.timer = setTimeout(weigh, NEWS_MS, bar, { isSent: true });
}

async function weigh(bar, { isSent = false } = {}) {
  const turn = ++bar.turn;
  const body = new FormData(bar.form);
  if (isSent) body.set("sent", "yes"); // it is a run, and no draft any more
  try {
    const answer = await send(bar.form.dataset.draft, bar.form, body);
    if (!answer.ok) return;
    const fresh = piece(await answer.text()).firstElementChild;
    if (turn !== bar.turn) return; // typed on meanwhile: a later answer comes
    if (!isSent) saved(bar.form, bar.words.value);
    if (fresh.matches("[data-chips]")) {
      redraw(bar, "[data-chips]", fresh);
      return weigh(bar);
    }
    judge(bar, fresh);
  } catch (error) {
    if (error instanceof SignedOut) say(bar, SIGNED_OUT, bar.form.dataset.signIn);
  }
}

function judge(bar, fresh) {
  bar.isStale = false;
  price(bar, fresh);
  if (!bar.form.querySelector("[data-put-back]") || bar.words.value) say(bar, "");
  const isWriting = bar.words.value.trim() !== "";
  for (const slot of bar.form.querySelectorAll("[data-fault-of]")) {
    const faults = fresh.querySelectorAll(`[data-field="${slot.dataset.faultOf}"]`);
    const shown = slot.dataset.faultOf === "prompt" && !isWriting ? [] : [...faults];
    slot.replaceChildren(...shown.map((fault) => fault.querySelector("span").cloneNode(true)));
    slot.hidden = shown.length === 0;
    for (const field of bar.form.querySelectorAll(`[name="${slot.dataset.faultOf}"]`)) {
      field.toggleAttribute("aria-invalid", shown.length > 0);
    }
  }
}

/* Show the price. The button itself stays: exchanged between the press and the release of a mouse, it would never be
   clicked. */
function price(bar, fresh) {
  const shown = bar.form.querySelector("[data-verdict]");
  const [button, next] = [shown, fresh].map((each) => each.querySelector("[data-generate]"));
  const hadFocus = shown.querySelector("#why").contains(document.activeElement);
  notify(bar.form, fresh.querySelector("[data-notices]"));
  shown.dataset.verdict = fresh.dataset.verdict;
  delete shown.dataset.shown;
  button.className = next.className;
  button.querySelector("[data-price]")?.remove();
  button.prepend(...[next.querySelector("[data-price]")].filter(Boolean).map((each) => each.cloneNode(true)));
  const why = fresh.querySelector("#why").cloneNode(true);
  shown.querySelector("#why").replaceWith(why);
  welcome(why);
  if (hadFocus) button.focus({ preventScroll: true });
}

function redraw(bar, selector, fresh) {
  const old = bar.form.querySelector(selector);
  const hadFocus = old.contains(document.activeElement) ? document.activeElement : null;
  const openLabel = old.querySelector("details[open] > summary")?.getAttribute("aria-label")?.split(":")[0];
  old.replaceWith(fresh);
  if (openLabel) fresh.querySelector(`summary[aria-label^="${openLabel}"]`)?.parentElement.setAttribute("open", "");
  welcome(fresh);
  if (!hadFocus?.name) return;
  const same = [...fresh.querySelectorAll(`[name="${hadFocus.name}"]`)].find((each) => each.value === hadFocus.value);
  same?.focus({ preventScroll: true });
}

const SIGNED_OUT = "You have been signed out. Your prompt is saved.";
const NO_LINE = "Darkroom cannot be reached. Your prompt is saved; try again in a moment.";

function say(bar, text, link = "", words = "Sign in again") {
  const message = bar.form.querySelector("[data-bar-message]");
  message.hidden = text === "";
  message.textContent = text;
  if (!link) return;
  const anchor = document.createElement("a");
  anchor.href = link;
  anchor.textContent = words;
  message.append(" ", anchor);
}

/* -- Sending -- */

async function generate(bar, event) {
  const body = new FormData(bar.form);
  const asked = JSON.stringify([...body].filter(([name]) => name !== "request_key" && name !== "csrfmiddlewaretoken"));
  const now = performance.now();
  if (event && asked === bar.sent && now - bar.sentAt < DOUBLE_CLICK_MS) return; // a double click
  if (bar.form.querySelector("[data-coming]")) return say(bar, "A picture is still on its way. It takes only a moment.");
  const verdict = bar.form.querySelector("[data-verdict]");
  if (!bar.isStale && verdict.dataset.verdict !== "ready") return why(bar, verdict);
  Object.assign(bar, { sent: asked, sentAt: now });
  clearTimeout(bar.timer);
  bar.turn += 1; // an estimate that is still on its way must not overwrite the answer to this
  bar.form.querySelector("[name='request_key']").value = freshKey();
  const placeholder = place(body);
  say(bar, "");
  try {
    await settle(bar, body, placeholder, await send(bar.form.action, bar.form, body));
  } catch (error) {
    placeholder.remove();
    keep(bar.form, bar.words.value);
    if (error instanceof SignedOut) say(bar, SIGNED_OUT, bar.form.dataset.signIn);
    else sayAgain(bar, body.get("request_key"));
  }
  document.dispatchEvent(new CustomEvent("bar:sent"));
}

/* Keep the key, because perhaps only the answer was lost: the same request under the same key makes no second run. */
function sayAgain(bar, key) {
  bar.form.querySelector("[name='request_key']").value = key;
  say(bar, NO_LINE);
}

async function settle(bar, body, placeholder, answer) {
  const content = piece(await answer.text());
  const fresh = content.querySelector("[data-run]");
  if (answer.ok && fresh) {
    saved(bar.form, bar.words.value);
    bar.form.elements.parent.value = "";
    bar.form.dataset.sent = body.getAll("reference").join();
    if ("revising" in bar.form.dataset) bar.form.dataset.edited = fresh.dataset.run;
    bar.made = placeholder.querySelector(".run-prompt").textContent;
    document.dispatchEvent(new CustomEvent("stream:made", { detail: { fresh, placeholder } }));
    if (bar.isStale) weigh(bar, { isSent: true }); // sent before its price had come; the same may be sent again
    return;
  }
  placeholder.remove();
  const verdict = content.querySelector("[data-verdict]");
  if (!verdict) throw new Error(`${answer.status}`);
  judge(bar, verdict);
  why(bar, bar.form.querySelector("[data-verdict]"));
}

/* Say why it cannot run, until something changes, and focus the prompt if it is the first reason. */
function why(bar, verdict) {
  verdict.dataset.shown = "";
  const reasons = [...verdict.querySelectorAll("[data-sentence]")].map((each) => each.dataset.sentence);
  const more = verdict.querySelector("[data-ask]");
  say(bar, reasons.join(" "), more?.href, more?.textContent);
  const first = verdict.querySelector("[data-field]")?.dataset.field;
  if (first === "prompt" || !first) bar.words.focus();
}

/* Return a key random enough for one person's own requests, also where the page came without HTTPS. */
function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/* -- Filling -- */

async function fill(bar, { query, isQuiet = false }) {
  const answer = await ask(`${bar.form.dataset.page}?${query}`).catch(() => null);
  if (!answer?.ok) return;
  const fresh = piece(await answer.text()).querySelector("form");
  for (const selector of ["[data-references-row]", "[data-chips]"]) redraw(bar, selector, fresh.querySelector(selector));
  price(bar, fresh.querySelector("[data-verdict]"));
  for (const name of ["request_key", "parent", "csrfmiddlewaretoken"]) {
    bar.form.elements[name].value = fresh.elements[name].value;
  }
  if (isQuiet) return;
  bar.words.value = fresh.elements.prompt.value;
  fit(bar.words);
  bar.words.focus();
  changed(bar, 0);
}

/* Open an empty box for what should change in a picture. Words that were not sent yet are put aside, and can be put
   back; after a mask was painted for them, they stay. Quietly, when a picture has come: then only the words that made it
   go. */
function write(bar, { isQuiet = false, keepsWords = false }) {
  const { form, words, made } = bar;
  const aside = words.value.trim() !== "" && words.value !== made ? words.value : "";
  if (isQuiet && aside) return;
  form.dataset.revising = "";
  revise(bar);
  if (keepsWords && aside) return words.focus();
  words.value = "";
  fit(words);
  changed(bar, 0);
  if (isQuiet) return;
  words.focus();
  if (aside) putAside(bar, aside);
}

/* While the picture that is to be changed is there, the empty box asks what should change. */
function revise({ form, words }) {
  if (!form.querySelector("[data-references] > li")) delete form.dataset.revising;
  words.placeholder = "revising" in form.dataset ? form.dataset.asksChange : form.dataset.asksPicture;
}

function putAside(bar, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button";
  button.dataset.putBack = "";
  button.textContent = "Put them back";
  button.addEventListener("click", () => {
    bar.words.value = text;
    fit(bar.words);
    changed(bar, 0);
    bar.words.focus();
  });
  say(bar, "Your words are put aside.");
  bar.form.querySelector("[data-bar-message]").append(" ", button);
}

/* Write the empty studio's one example into the prompt, and run it. */
function begin(bar, example) {
  bar.words.value = example;
  fit(bar.words);
  changed(bar, 0);
  generate(bar);
}

function restore(bar) {
  if (bar.words.value !== bar.words.defaultValue) return changed(bar, 0); // written before this script was here
  const words = keptWords(bar.form);
  const isTyped = bar.words.value !== bar.words.defaultValue; // before this module came
  if (!isTyped && (words === null || words === bar.words.value)) return;
  if (!isTyped) bar.words.value = words;
  changed(bar, 0);
}

function suggested(event) {
  const value = event.target.closest("[data-suggestion]")?.dataset.suggestion;
  if (!value) return;
  const name = event.target.closest("[data-field]")?.dataset.field ?? event.target.closest("[data-fault-of]").dataset.faultOf;
  document.dispatchEvent(new CustomEvent("bar:set", { detail: { name, value } }));
}

function pressed(bar, event) {
  if (event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    generate(bar, event);
  } else if (event.target.matches("input:not([type='file'])")) {
    event.preventDefault(); // Enter in a small field must not cost money
    if (event.target.name === "preset_name") bar.form.querySelector("[data-preset-save]").click();
  }
}
