/* Open the gallery's pictures above it, each under its own address: Back closes, a copied address opens the same. */
import "./act.js"; // before the first picture opens
import { attach as look } from "./looking.js";
import { piecesOf } from "../kit/pieces.js";
import { toast } from "../kit/toasts.js";

export function attach(wall) {
  const dialog = document.createElement("dialog");
  dialog.className = "lightbox";
  dialog.setAttribute("aria-label", "Picture");
  document.body.append(dialog);
  const kept = new Map(); // pieces of neighbours, fetched ahead
  let shown = "";
  let isOurs = false; // whether this module has pushed an entry of the history

  async function piece(address) {
    if (!kept.has(address)) kept.set(address, piecesOf(address));
    try {
      return (await kept.get(address)).cloneNode(true);
    } catch {
      kept.delete(address);
      location.assign(address);
      return new Promise(() => {});
    }
  }

  async function show(address) {
    shown = address;
    const content = await piece(address);
    if (shown !== address) return; // another was asked for meanwhile
    const isAlone = dialog.querySelector(".looking-alone") !== null;
    dialog.replaceChildren(content);
    dialog.querySelector(".looking").classList.toggle("looking-alone", isAlone);
    look(dialog.querySelector(".looking"));
    if (!dialog.open) dialog.showModal();
    document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: dialog } }));
    for (const link of dialog.querySelectorAll("[rel='next'], [rel='prev']")) ahead(link.href);
  }

  async function ahead(address) {
    const content = await piece(address);
    new Image().src = content.querySelector(".looking-picture").getAttribute("src");
  }

  function open(address) {
    history.pushState({ lightbox: true }, "", address);
    isOurs = true;
    show(address);
  }

  function go(address) {
    history.replaceState({ lightbox: true }, "", address);
    show(address);
  }

  const shot = () => wall.querySelector(`[data-shot="${CSS.escape(dialog.firstElementChild?.dataset.looking ?? "")}"]`);

  /* Return the neighbour in the order of this page, as far as it is loaded; beyond it the server's link leads on. */
  function beside(rel) {
    const seen = shot();
    const other = rel === "next" ? seen?.nextElementSibling : seen?.previousElementSibling;
    return other?.querySelector(".shot-open")?.href;
  }

  wall.addEventListener("click", (event) => {
    const link = event.target.closest(".shot-open");
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link.href);
  });

  dialog.addEventListener("click", (event) => {
    const link = event.target.closest("a[rel], [data-looking-close]");
    if (event.target === dialog || event.target.matches(".looking-stage")) dialog.close();
    if (!link) return;
    event.preventDefault();
    if (link.rel) go(beside(link.rel) ?? link.href);
    else dialog.close();
  });

  dialog.addEventListener("close", () => {
    const seen = shot();
    shown = "";
    dialog.replaceChildren();
    if (isOurs) history.back();
    isOurs = false;
    seen?.scrollIntoView({ block: "nearest" });
    seen?.querySelector(".shot-open").focus({ preventScroll: true });
  });

  addEventListener("popstate", () => {
    isOurs = false;
    if (dialog.open) dialog.close();
  });

  const again = () => {
    kept.delete(shown);
    if (dialog.open) show(shown);
  };
  document.addEventListener("acted", ({ detail }) => {
    kept.clear();
    if (!dialog.open) return;
    if (detail.does !== "bin") return again();
    const next = dialog.querySelector("[rel='next']") ?? dialog.querySelector("[rel='prev']");
    if (next) go(next.href);
    else dialog.close();
  });
  const isAbout = ({ run }) => dialog.firstElementChild?.dataset.run === run;
  document.addEventListener("live:comment", ({ detail }) => {
    if (isAbout(detail) && !dialog.querySelector("textarea:focus")) again();
  });
  document.addEventListener("live:shown", ({ detail }) => isAbout(detail) && again());
  document.addEventListener("live:hidden", async ({ detail }) => {
    kept.clear();
    if (!isAbout(detail)) return;
    try {
      await piecesOf(shown);
      again();
    } catch {
      toast("Only the person who made this picture can see it now.", "warning");
      dialog.close();
    }
  });
}
