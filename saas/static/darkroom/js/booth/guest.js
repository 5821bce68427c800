/* A guest's page: fetch its pictures again until they are all there, and let each frame develop over the one before.
   Share a finished picture where the browser can; never this page's address, because who has it can delete everything. */
import { piece } from "../kit/http.js";
import { brand } from "./brand.js";

const LOOK_MS = 2000;
const DEVELOP_MS = 1600;
const ENDS = ["finished", "failed"];

export function attach(page) {
  const part = (name) => page.querySelector(`[data-guest-${name}]`);

  async function look() {
    if (document.hidden) return again();
    const answer = await fetch(page.dataset.guest, { headers: { "HX-Request": "true" } }).catch(() => null);
    part("cut").hidden = Boolean(answer);
    if (answer?.status === 404) return location.reload(); // deleted: the page says so
    if (answer?.ok) take(piece(await answer.text()).querySelector("[data-guest-view]"));
    again();
  }

  function again() {
    if (!ENDS.includes(part("view").dataset.guestView)) setTimeout(look, LOOK_MS);
  }

  /* Take over what has changed, and keep the pictures in their place. */
  function take(fresh) {
    const old = part("view");
    const before = old.dataset.guestView;
    const [now, were] = [prints(fresh), prints(old)];
    if (now.length !== were.length) old.replaceWith(fresh);
    else {
      old.dataset.guestView = fresh.dataset.guestView;
      for (const name of ["title", "lead"]) old.querySelector(`[data-guest-${name}]`).textContent = fresh.querySelector(`[data-guest-${name}]`).textContent;
      now.forEach((print, index) => {
        change(were[index], print);
      });
    }
    if (before !== fresh.dataset.guestView) part("says").textContent = `${part("title").textContent} ${part("lead").textContent}`;
    offerShares();
  }

  function offerShares() {
    if (!canShare()) return;
    for (const button of page.querySelectorAll("[data-print-share]")) button.hidden = false;
  }

  page.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-print-share]");
    if (button) share(button);
  });
  document.addEventListener("visibilitychange", () => document.hidden || look());
  brand(page);
  offerShares();
  again();
}

const prints = (view) => [...view.querySelectorAll("[data-print]")];

function change(old, fresh) {
  const [before, after] = [old.querySelector("img"), fresh.querySelector("img")];
  if (old.dataset.printState !== fresh.dataset.printState) {
    old.dataset.printState = fresh.dataset.printState;
    old.querySelector("figcaption").replaceWith(fresh.querySelector("figcaption"));
  }
  if (after && before?.getAttribute("src") !== after.getAttribute("src")) develop(old.querySelector(".print-paper"), after);
  else if (!after) old.querySelector(".print-paper").replaceWith(fresh.querySelector(".print-paper"));
}

/* Let a frame come up over the one before. */
async function develop(paper, image) {
  await image.decode().catch(() => {});
  const before = [...paper.children];
  paper.prepend(image);
  if (matchMedia("(prefers-reduced-motion: no-preference)").matches)
    await Promise.all(
      before.map((each) => each.animate([{ opacity: 1 }, { opacity: 0 }], { duration: DEVELOP_MS, easing: "ease-in-out", fill: "forwards" }).finished),
    );
  for (const each of before) each.remove();
}

const canShare = () => navigator.canShare?.({ files: [new File([""], "picture.jpg", { type: "image/jpeg" })] }) ?? false;

/* A browser shares only within seconds of a press, so the picture is fetched small enough to be there by then. */
async function share(button) {
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(button.dataset.printShare);
    const blob = await answer.blob();
    await navigator.share({ files: [new File([blob], `picture.${blob.type.split("/")[1]}`, { type: blob.type })] });
  } catch {
    // closed without a choice, or not possible: there is still the download
  } finally {
    button.removeAttribute("aria-busy");
  }
}
