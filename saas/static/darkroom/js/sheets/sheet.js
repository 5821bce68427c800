import { ask, piece, welcome } from "../kit/http.js";

/* Keep an open sheet true while its rows are made: its board, and those pages of rows that are in sight. Nothing is
   replaced under the hands of a person who writes in it. */
const EVERY = 2000;

export function attach(sheet) {
  const inSight = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) inSight.add(target);
      else inSight.delete(target);
    }
  });

  function watch() {
    for (const page of sheet.querySelectorAll("[data-sheet-page]")) watcher.observe(page);
  }

  async function replace(old, query, selector) {
    if (old.contains(document.activeElement) || old.querySelector("details[open] form")) return;
    const answer = await ask(`${sheet.dataset.sheet}${query}`);
    if (!answer.ok) return;
    const fresh = piece(await answer.text()).querySelector(selector);
    if (!fresh || fresh.outerHTML === old.outerHTML || !old.isConnected) return;
    inSight.delete(old);
    old.replaceWith(fresh);
    welcome(fresh);
    if (fresh.matches("[data-sheet-page]")) watcher.observe(fresh);
  }

  async function look() {
    const board = sheet.querySelector("[data-sheet-board]");
    const wasLive = board?.dataset.moves === "yes";
    if (document.visibilityState === "visible" && wasLive) {
      await replace(board, "?part=board", "[data-sheet-board]");
      for (const page of [...inSight]) {
        if (page.isConnected && page.dataset.moves === "yes") {
          await replace(page, page.dataset.sheetPage, "[data-sheet-page]");
        }
      }
    }
  }

  async function go() {
    try {
      await look();
    } catch {
      // offline, or signed out: the next look, or the next click, says so
    }
    if (sheet.isConnected) setTimeout(go, EVERY);
  }

  watch();
  sheet.addEventListener("htmx:afterSwap", watch);
  setTimeout(go, EVERY);
}
