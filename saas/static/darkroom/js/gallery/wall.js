/* Keep the gallery's pictures: load the next page before the end is reached, return to the same place, and announce
   colleagues' new pictures without moving what is looked at. */
import { piecesOf } from "../kit/pieces.js";

const NEAR_PX = 1200;
const SETTLES_MS = 800;

export function attach(wall) {
  pageOn(wall);
  announceNew(wall);
  keepTrue(wall);
}

/* Follow the link to older pictures when its end is in sight. The link works by itself too. */
function pageOn(wall) {
  const place = `wall:${location.pathname}${location.search}`;
  let pages = 1;
  const link = () => wall.querySelector("[data-wall-more]");

  async function follow() {
    const more = link();
    if (!more || more.ariaBusy) return false;
    more.ariaBusy = "true";
    try {
      const content = await piecesOf(more.href);
      more.replaceWith(content);
    } catch {
      more.ariaBusy = null; // stays as a link to press
      return false;
    }
    pages += 1;
    look();
    return true;
  }

  const seen = new IntersectionObserver((entries) => entries.some((each) => each.isIntersecting) && follow(), {
    rootMargin: `0px 0px ${NEAR_PX}px`,
  });
  const look = () => {
    seen.disconnect();
    if (link()) seen.observe(link());
  };

  addEventListener("pagehide", () => sessionStorage.setItem(place, JSON.stringify({ pages, y: scrollY })));
  const isReturn = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  const left = isReturn ? JSON.parse(sessionStorage.getItem(place) ?? "null") : null;
  (async () => {
    while (left && pages < left.pages && (await follow()));
    if (left) scrollTo({ top: left.y, behavior: "instant" });
    look();
  })();
}

function announceNew(wall) {
  let waiting = [];
  let timer;
  const pill = document.createElement("div");
  pill.className = "wall-new";
  pill.innerHTML = '<button type="button" class="button button-primary button-small" aria-live="polite"></button>';
  pill.hidden = true;
  wall.before(pill);

  const newest = () => wall.querySelector("[data-shot]");
  const show = () => {
    for (const shot of waiting) shot.classList.add("shot-fresh");
    wall.prepend(...waiting);
    waiting = [];
    pill.hidden = true;
  };

  async function ask() {
    const first = newest();
    if (!first) return;
    const address = new URL(wall.dataset.wall, location.href);
    address.searchParams.set("newer", first.dataset.shot);
    waiting = [...(await piecesOf(address)).querySelectorAll("[data-shot]")];
    if (!waiting.length) return;
    if (scrollY < 40 && !document.querySelector("dialog[open]")) return show();
    pill.firstElementChild.textContent = `${waiting.length} new`;
    pill.hidden = false;
  }

  pill.addEventListener("click", () => {
    show();
    scrollTo({ top: 0, behavior: "smooth" });
  });
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(() => {}), SETTLES_MS);
  };
  for (const type of ["output", "again"]) document.addEventListener(`live:${type}`, soon);
}

/* Show at once what was done to pictures: stars, and removal to the bin, with the place kept for Undo. */
function keepTrue(wall) {
  const gone = [];
  const shotOf = (code) => wall.querySelector(`[data-shot="${CSS.escape(code)}"]`);
  const does = {
    bin(codes) {
      for (const shot of codes.map(shotOf).filter(Boolean)) {
        gone.push({ shot, next: shot.nextElementSibling });
        shot.remove();
      }
    },
    restore() {
      for (const { shot, next } of gone.splice(0).reverse()) wall.insertBefore(shot, next?.isConnected ? next : null);
    },
    star(codes, stars) {
      for (const mark of codes.map((code) => shotOf(code)?.querySelector(".shot-stars")).filter(Boolean)) {
        mark.hidden = stars === "0";
        mark.dataset.stars = stars;
        mark.querySelector("[data-stars-number]").textContent = stars;
      }
    },
  };
  document.addEventListener("acted", ({ detail }) => {
    does[detail.does === "" && detail.stars ? "star" : detail.does]?.(detail.pictures, detail.stars);
  });
}
