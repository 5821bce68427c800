/* Move pictures of a collection: dragged between two others, by Alt and an arrow for the one in focus, or by the two
   arrows of the bar for the one that is chosen. */
import { ask } from "../kit/http.js";
import { toast } from "../kit/toasts.js";

const DRAG_PX = 8;
const EDGE_PX = 72; // so near to the window's edge, a drag scrolls

export function attach(wall) {
  const address = wall.dataset.order;
  const form = document.getElementById("chosen");
  if (!address || !form) return;
  const said = document.createElement("p");
  said.className = "only-heard";
  said.ariaLive = "polite";
  wall.after(said);
  const shots = () => [...wall.querySelectorAll("[data-shot]")];
  let sending = Promise.resolve(); // one after the other: the last order is the one that stays

  async function post() {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const shot of shots()) data.append("picture", shot.dataset.shot);
    const answer = await ask(address, { method: "POST", body: data }).catch(() => null);
    if (!answer?.ok) toast("The order was not saved. Reload the page and try again.", "error");
  }

  function place(shot, other, isAfter) {
    if (!other || other === shot) return;
    if (isAfter) other.after(shot);
    else other.before(shot);
    shot.scrollIntoView({ block: "nearest" });
    said.textContent = `Place ${shots().indexOf(shot) + 1} of ${shots().length}`;
    sending = sending.then(post);
  }

  function step(shot, by) {
    const all = shots();
    place(shot, all[all.indexOf(shot) + by], by > 0);
  }

  for (const button of form.querySelectorAll("[data-move]")) {
    button.addEventListener("click", () => {
      const shot = wall.querySelector(".shot:has(.shot-pick :checked)");
      if (shot) step(shot, Number(button.dataset.move));
    });
  }
  wall.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const shot = event.target.closest(".shot");
    if (!by || !event.altKey || !shot) return;
    event.preventDefault();
    step(shot, by);
    shot.querySelector(".shot-open").focus({ preventScroll: true });
  });
  wall.addEventListener("pointerdown", (event) => {
    const shot = event.target.closest(".shot");
    if (shot && !event.button && event.pointerType !== "touch" && !event.target.closest(".shot-pick")) {
      drag(wall, shot, event, place);
    }
  });
}

/* Drag a picture. Nothing moves before it is let go: a mark between two pictures shows where it would go. */
function drag(wall, shot, start, place) {
  const ending = new AbortController();
  const on = (type, does) => addEventListener(type, does, { signal: ending.signal });
  let mark = null;
  let edge = 0;

  function clear() {
    mark?.other.classList.remove("shot-before", "shot-after");
    mark = null;
  }

  function scroll() {
    if (ending.signal.aborted || !edge) return;
    scrollBy({ top: edge, behavior: "instant" });
    requestAnimationFrame(scroll);
  }

  function move(event) {
    if (!shot.classList.contains("shot-moving")) {
      if (Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < DRAG_PX) return;
      shot.classList.add("shot-moving");
    }
    const was = edge;
    edge = event.clientY < EDGE_PX ? -12 : event.clientY > innerHeight - EDGE_PX ? 12 : 0;
    if (edge && !was) scroll();
    clear();
    const other = document.elementFromPoint(event.clientX, event.clientY)?.closest(".shot");
    if (!other || other === shot || !wall.contains(other)) return;
    const box = other.getBoundingClientRect();
    mark = { other, isAfter: event.clientX > box.left + box.width / 2 };
    other.classList.add(mark.isAfter ? "shot-after" : "shot-before");
  }

  function end(isKept) {
    ending.abort();
    const found = mark;
    clear();
    if (!shot.classList.contains("shot-moving")) return;
    shot.classList.remove("shot-moving");
    // The click that follows would open the picture.
    const swallow = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, true));
    if (isKept && found) place(shot, found.other, found.isAfter);
  }

  on("pointermove", move);
  on("pointerup", () => end(true));
  on("pointercancel", () => end(false));
  on("keydown", (event) => event.key === "Escape" && end(false));
}
