/* The photobooth of a team: the photo from the finder goes up while styles are chosen; the set that comes back takes the
   page over until another one is made. */
import { SignedOut, ask, piece, send, welcome } from "../kit/http.js";
import { toast } from "../kit/toasts.js";
import { upload } from "../prompt/upload.js";
import { finder } from "./finder.js";

const MOST_STYLES = 4;
const REST_MS = 150; // between the last change and the question for its price
const SIGNED_OUT = "You have been signed out. Sign in again in another tab, then go on here.";
const CUT_OFF = "The connection was cut. Try again.";

export function attach(booth) {
  const form = booth.querySelector("[data-booth-form]");
  const sets = booth.querySelector("[data-watch]");
  const says = booth.querySelector("[data-booth-says]");
  const say = (words) => {
    says.textContent = words;
  };
  document.addEventListener("stream:developed", ({ detail }) => {
    const name = sets.querySelector(`[data-output="${CSS.escape(detail.output)}"] .tile-style`)?.textContent;
    say(`${name ?? "A picture"} is ready.`);
  });
  addEventListener("popstate", () => location.reload());
  if (form) opened(booth, form, sets, say);
}

function opened(booth, form, sets, say) {
  const found = finder(form.querySelector("[data-finder]"), { say, use, next: () => form.querySelector("[name='style']:checked, [name='style']") });
  const { reference, request_key: key } = form.elements;
  let timer;
  let asked = 0;
  let isSending = false;

  /* Send the photo, so that it is there when the styles are chosen. */
  async function use(photo, progress) {
    reference.value = "";
    const body = new FormData();
    body.set("file", photo, photo.name || "photo.jpg");
    const answer = await asJson(upload(form.dataset.upload, form, body, progress, "application/json"));
    reference.value = answer.code;
    judge();
  }

  /* Fetch the button again: its price, and what stands against it. */
  function judge() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const turn = ++asked;
      const chosen = new FormData(form);
      for (const name of ["file", "csrfmiddlewaretoken", "request_key", "countdown", "prompt"]) chosen.delete(name);
      const answer = await ask(`${form.dataset.price}?${new URLSearchParams(chosen)}`).catch(() => null);
      if (answer?.ok && turn === asked && !isSending) develop(await answer.text());
    }, REST_MS);
  }

  function develop(html, isShown = false) {
    const old = form.querySelector("[data-develop]");
    const fresh = piece(html).querySelector("[data-develop]");
    const hadFocus = old.contains(document.activeElement);
    fresh.querySelector(".develop-faults").toggleAttribute("data-shown", isShown);
    old.replaceWith(fresh);
    welcome(fresh);
    if (hadFocus) fresh.querySelector("button").focus();
    if (isShown) say(fresh.querySelector(".develop-faults").textContent.trim());
  }

  async function submit() {
    if (isSending) return;
    isSending = true;
    const button = form.querySelector("[data-develop-button]");
    button.setAttribute("aria-busy", "true");
    try {
      await found.settled();
      const body = new FormData(form);
      body.delete("file");
      const answer = await send(form.action, form, body);
      if (answer.status !== 201) return develop(await answer.text(), true);
      key.value = answer.headers.get("X-Request-Key") ?? key.value;
      show(piece(await answer.text()).firstElementChild);
    } catch (error) {
      toast(error instanceof SignedOut ? SIGNED_OUT : CUT_OFF, "error");
    } finally {
      isSending = false;
      form.querySelector("[data-develop-button]").removeAttribute("aria-busy");
    }
  }

  function show(set) {
    found.stop();
    sets.replaceChildren(set);
    welcome(set);
    step("set", set.dataset.address);
    sets.focus(); // not on its head, which changes as it ends
    const { length } = set.querySelectorAll("[data-slot]");
    say(`${length} ${length === 1 ? "picture is" : "pictures are"} developing.`);
  }

  function step(name, address) {
    booth.dataset.step = name;
    form.hidden = name === "set";
    history.pushState(null, "", address);
    scrollTo(0, 0);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.addEventListener("change", ({ target }) => {
    if (["countdown", "file", "prompt"].includes(target.name)) return;
    if (target.name === "style") count(form);
    judge();
  });
  sets.addEventListener("click", (event) => {
    if (!event.target.closest("[data-booth-next]") || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    sets.replaceChildren();
    reference.value = "";
    step("photo", booth.dataset.address);
    found.again();
    judge();
  });
  sets.addEventListener("submit", async (event) => {
    sets.focus();
    const again = event.target.closest("[data-booth-retry]");
    if (!again) return;
    event.preventDefault();
    const answer = await send(again.action, form, new FormData(again)).catch(() => null);
    if (answer?.status === 409) toast((await answer.json()).error.message, "error");
    else if (!answer?.ok) toast(CUT_OFF, "error");
    const { run } = again.closest("[data-run]").dataset;
    document.dispatchEvent(new CustomEvent("live:queued", { detail: { run } })); // the socket may be slower, or cut
  });
  count(form);
}

/* Say how many styles are chosen, and let no fifth be. */
function count(form) {
  const all = [...form.querySelectorAll("[name='style']")];
  const chosen = all.filter(({ checked }) => checked).length;
  for (const each of all) each.disabled = chosen >= MOST_STYLES && !each.checked;
  form.querySelector("[data-booth-chosen]").textContent = `${chosen} of ${MOST_STYLES}`;
}

async function asJson(sent) {
  let answer;
  try {
    answer = await sent;
  } catch (error) {
    throw new Error(error instanceof SignedOut ? SIGNED_OUT : "The photo did not arrive. Try again.");
  }
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error.message);
  return said;
}
