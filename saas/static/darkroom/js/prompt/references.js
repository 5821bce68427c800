/* Keep the reference pictures: picked, dropped or pasted anywhere, or taken from a tile; numbered, moved, put into the
   prompt. */
import { SignedOut, piece, send } from "../kit/http.js";
import { toast } from "../kit/toasts.js";
import { upload } from "./upload.js";

const TYPES = ["image/png", "image/jpeg", "image/webp"];
const AT_ONCE = 2;
const OWN = "application/x-darkroom-output";

export function attach(list) {
  const form = list.closest("form");
  const row = list.closest("[data-references-row]");
  const shelf = { list, form, row, url: list.dataset.references, waiting: [], running: 0, dragged: null };
  list.addEventListener("click", (event) => clicked(shelf, event));
  list.addEventListener("keydown", (event) => pressed(shelf, event));
  drag(shelf);
  const away = new AbortController();
  const on = (name, act) => document.addEventListener(name, (event) => (list.isConnected ? act(event) : away.abort()), { signal: away.signal });
  on("paste", (event) => pasted(shelf, event));
  on("dragover", (event) => over(shelf, event));
  on("dragleave", (event) => event.relatedTarget || form.removeAttribute("data-over"));
  on("drop", (event) => dropped(shelf, event));
  on("dragstart", marked);
  on("click", (event) => used(shelf, event));
  on("stream:developed", ({ detail }) => follow(shelf, detail));
  on("change", ({ target }) => target.matches("[data-pick]") && picked(shelf, target));
  row.querySelector("[data-references-clear]").addEventListener("click", () => clear(shelf));
  number(shelf);
  addressed(shelf);
}

/* Take once the picture that a link from a run's page or the gallery names: ?reference=<output>, ?edit=<output>,
   ?paint=<output>. With ?recall=<run>&paint, its pictures and mask are here already, and the mask is opened again. */
function addressed(shelf) {
  const address = new URL(location.href);
  const asked = new URLSearchParams(address.search);
  const output = asked.get("reference") ?? asked.get("edit");
  const painted = asked.get("paint");
  if (!output && painted === null) return;
  address.search = "";
  history.replaceState(history.state, "", address);
  if (painted !== null) return asked.has("recall") ? paint(shelf) : brush(shelf, painted);
  take(shelf, output);
  if (asked.has("edit")) document.dispatchEvent(new CustomEvent("bar:write"));
  else shelf.form.querySelector("[data-words]").focus();
}

/* -- Coming in -- */

/* Take files from a picker or a camera, of which the chips may bring another one. */
function picked(shelf, input) {
  const files = [...input.files];
  input.value = "";
  give(shelf, files);
}

function give(shelf, files) {
  const room = Number(shelf.list.dataset.most) - shelf.list.children.length;
  if (files.length > room) toast(`${shelf.list.dataset.most} reference pictures are the limit.`, "warning");
  for (const file of files.slice(0, Math.max(room, 0))) {
    const item = coming(shelf, file.name || "pasted picture");
    item.querySelector("img").src = URL.createObjectURL(file);
    shelf.waiting.push({ item, file });
  }
  number(shelf);
  next(shelf);
}

function next(shelf) {
  while (shelf.running < AT_ONCE && shelf.waiting.length) {
    shelf.running += 1;
    const { item, file } = shelf.waiting.shift();
    put(shelf, item, file).finally(() => {
      shelf.running -= 1;
      next(shelf);
    });
  }
}

async function put(shelf, item, file) {
  if (!item.isConnected) return;
  const body = new FormData();
  body.set("file", file);
  const progress = item.querySelector("progress");
  await arrive(shelf, item, () => upload(shelf.url, shelf.form, body, (done) => {
    progress.value = done;
  }));
}

async function take(shelf, output, picture) {
  if (shelf.list.querySelector(`[data-from="${output}"]`)) return;
  const item = coming(shelf, "picture");
  item.dataset.from = output;
  if (picture) item.querySelector("img").src = picture;
  number(shelf);
  const body = new FormData();
  body.set("output", output);
  body.set("csrfmiddlewaretoken", shelf.form.elements.csrfmiddlewaretoken.value);
  await arrive(shelf, item, () => send(shelf.url, shelf.form, body));
}

function coming(shelf, name) {
  const item = shelf.form.querySelector("[data-reference-template]").content.firstElementChild.cloneNode(true);
  item.querySelector("progress").setAttribute("aria-label", `Uploading ${name}`);
  shelf.list.append(item);
  return item;
}

async function arrive(shelf, item, fetched) {
  try {
    const answer = await fetched();
    if (!answer.ok) return fail(shelf, item, (await answer.json()).error.message);
    if (!item.isConnected) return; // removed while it was on its way
    const fresh = piece(await answer.text()).firstElementChild;
    if (item.dataset.from) fresh.dataset.from = item.dataset.from;
    shelf.list.querySelector(`[data-reference="${fresh.dataset.reference}"]`)?.remove(); // given once already
    item.replaceWith(fresh);
    tell(shelf, "Picture added.");
    changed(shelf);
  } catch (error) {
    fail(shelf, item, error instanceof SignedOut ? "You have been signed out." : "The upload failed. Try again.");
  }
}

function fail(shelf, item, sentence) {
  delete item.dataset.coming;
  item.classList.add("reference-failed");
  item.querySelector("progress").remove();
  const fault = item.querySelector(".reference-fault");
  fault.hidden = false;
  fault.textContent = sentence;
  number(shelf);
}

/* -- From anywhere on the page -- */

function pasted(shelf, event) {
  const files = pictures(event.clipboardData);
  if (!files.length) return;
  event.preventDefault();
  give(shelf, files);
}

function over(shelf, event) {
  const types = [...event.dataTransfer.types];
  if (shelf.dragged || !(types.includes("Files") || types.includes(OWN))) return;
  event.preventDefault();
  shelf.form.dataset.over = "";
}

function dropped(shelf, event) {
  shelf.form.removeAttribute("data-over");
  if (shelf.dragged) return;
  const own = event.dataTransfer.getData(OWN);
  const files = own ? [] : [...event.dataTransfer.files];
  if (!own && !files.length) return;
  event.preventDefault();
  if (own) take(shelf, own, event.dataTransfer.getData("text/uri-list"));
  else give(shelf, files); // whatever they are: the server says what is wrong with them
}

function marked(event) {
  const output = event.target.closest?.("[data-output]")?.dataset.output;
  if (output) event.dataTransfer.setData(OWN, output);
}

function used(shelf, event) {
  const button = event.target.closest("[data-use-output], [data-edit-output], [data-brush-output]");
  if (!button) return;
  if (button.href) event.preventDefault(); // a link leads to the studio from elsewhere; a button closes its sheet
  const { useOutput, editOutput, brushOutput } = button.dataset;
  if (!useOutput) leave(shelf);
  if (brushOutput) return brush(shelf, brushOutput);
  const picture = button.closest("[data-output]")?.querySelector("img")?.src;
  take(shelf, useOutput ?? editOutput, picture);
  if (editOutput) document.dispatchEvent(new CustomEvent("bar:write"));
  else shelf.form.querySelector("[data-words]").focus();
}

/* Remove the pictures of the run before, because another one is to be changed; if any was added since, all stay. */
function leave(shelf) {
  if (isAsSent(shelf)) shelf.list.replaceChildren();
}

/* After an edit in words, the new picture is the one to change next, unless the person has gone on meanwhile. */
function follow(shelf, { run, output, picture }) {
  const { form, list } = shelf;
  if (!output || form.dataset.edited !== run || !isAsSent(shelf)) return;
  delete form.dataset.edited;
  list.replaceChildren();
  take(shelf, output, picture);
  document.dispatchEvent(new CustomEvent("bar:write", { detail: { isQuiet: true } }));
}

const isAsSent = ({ list, form }) => [...list.children].map((item) => item.dataset.reference).join() === form.dataset.sent;

/* Open the mask editor on a picture. A mask lies on Image 1, so the picture goes there. */
async function brush(shelf, output) {
  await take(shelf, output);
  const item = shelf.list.querySelector(`[data-from="${output}"][data-reference]`);
  if (!item) return;
  if (item !== shelf.list.firstElementChild) {
    shelf.list.prepend(item);
    changed(shelf);
  }
  paint(shelf);
}

async function paint({ row }) {
  await Promise.all([import("../mask/chip.js"), import("../mask/editor.js")]); // the editor may not be here yet
  row.querySelector("[data-mask]:not([hidden]), [data-mask-again]").click();
}

function pictures(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => TYPES.includes(file.type) || file.type.startsWith("image/"));
}

/* -- In the row -- */

function clicked(shelf, { target }) {
  const item = target.closest("li");
  if (target.closest("[data-reference-remove]")) return remove(shelf, item);
  if (target.closest("[data-reference-insert]")) insert(shelf, item);
}

function pressed(shelf, event) {
  const item = event.target.closest("li");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    remove(shelf, item);
  } else if (step && event.altKey) {
    event.preventDefault();
    move(shelf, item, step);
  }
}

function remove(shelf, item) {
  const neighbour = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  (neighbour?.querySelector("button") ?? shelf.form.querySelector("[data-words]")).focus();
  changed(shelf);
}

function clear(shelf) {
  shelf.list.replaceChildren();
  shelf.form.querySelector("[data-words]").focus();
  changed(shelf);
}

function insert(shelf, item) {
  const words = shelf.form.querySelector("[data-words]");
  const name = `Image ${[...shelf.list.children].indexOf(item) + 1}`;
  const before = words.value.slice(0, words.selectionStart);
  const gap = before && !/\s$/.test(before) ? " " : "";
  const after = words.value.slice(words.selectionEnd);
  words.focus();
  words.setRangeText(`${gap}${name}${/^[\s.,;:!?)]/.test(after) ? "" : " "}`, words.selectionStart, words.selectionEnd, "end");
  words.dispatchEvent(new Event("input", { bubbles: true }));
}

function move(shelf, item, step) {
  const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(item);
  else other.after(item);
  item.querySelector("button").focus();
  changed(shelf);
  tell(shelf, `Image ${[...shelf.list.children].indexOf(item) + 1} now.`);
}

function drag(shelf) {
  shelf.list.addEventListener("dragstart", ({ target, dataTransfer }) => {
    shelf.dragged = target.closest("li");
    dataTransfer.effectAllowed = "move";
  });
  shelf.list.addEventListener("dragover", (event) => {
    const other = event.target.closest("li");
    if (!shelf.dragged || !other) return;
    event.preventDefault();
    if (other === shelf.dragged) return;
    const box = other.getBoundingClientRect();
    if (event.clientX < box.left + box.width / 2) other.before(shelf.dragged);
    else other.after(shelf.dragged);
  });
  shelf.list.addEventListener("dragend", () => {
    shelf.dragged = null;
    changed(shelf);
  });
}

function changed(shelf) {
  number(shelf);
  shelf.form.dispatchEvent(new CustomEvent("bar:changed"));
}

function number(shelf) {
  const items = [...shelf.list.children];
  shelf.row.hidden = items.length === 0;
  items.forEach((item, index) => {
    const badge = item.querySelector("[data-reference-number]");
    if (!badge) return;
    badge.textContent = index + 1;
    const button = item.querySelector("[data-reference-insert]");
    button.setAttribute("aria-label", button.getAttribute("aria-label").replace(/^Image \d*/, `Image ${index + 1}`));
  });
  shelf.list.dispatchEvent(new CustomEvent("references:changed", { bubbles: true }));
}

function tell(shelf, text) {
  shelf.form.querySelector("[data-references-said]").textContent = text;
}
