/* Show one run whole in the column beside the stream: the same piece as the run's own page. A click on a picture opens
   it, where there is room; "i" opens and closes it for the picture in focus. */
import { ask, piece, welcome } from "../kit/http.js";
import { isWriting } from "../kit/typing.js";

const ROOM = matchMedia("(min-width: 1100px)");
const NOBODY = "00000000-0000-0000-0000-000000000000";

export function attach(column) {
  const body = column.querySelector("[data-details-body]");
  let from = null;

  async function open(run, slot, source) {
    from = source;
    const address = `${column.dataset.details.replace(NOBODY, run)}?slot=${slot}`;
    const answer = await ask(address).catch(() => null);
    if (!answer?.ok) return location.assign(source.href);
    body.replaceChildren(piece(await answer.text()));
    column.hidden = false;
    mark(run);
    welcome(body);
    body.scrollTop = 0;
  }

  function close() {
    column.hidden = true;
    body.replaceChildren();
    mark("");
    from?.focus({ preventScroll: true });
  }

  function mark(code) {
    for (const run of document.querySelectorAll("[data-run]")) run.toggleAttribute("data-selected", run.dataset.run === code);
  }

  const linkOf = (target) => target.closest?.("[data-run] [data-slot]")?.querySelector(".tile-open");
  const openTile = (link) => {
    const tile = link.closest("[data-slot]");
    open(tile.closest("[data-run]").dataset.run, tile.dataset.slot, link);
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-stream] .tile-open");
    if (!link || !ROOM.matches || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openTile(link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "i" || event.metaKey || event.ctrlKey || event.altKey || isWriting(event)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (!column.hidden) return close();
    const link = linkOf(document.activeElement) ?? document.querySelector("[data-stream] .tile-open");
    if (!link) return;
    if (ROOM.matches) openTile(link);
    else link.click();
  });
  column.querySelector("[data-details-close]").addEventListener("click", close);
  column.addEventListener("keydown", (event) => event.key === "Escape" && close());
}
