/* The pictures of the attract screen: the last released ones, or the styles' samples until there are some. Every few
   seconds one of them makes room for another. */
import { piece } from "../../kit/http.js";

const TILES = 12;
const CHANGE_MS = 3500;
const LOOK_MS = 20_000;
const DEVELOP = [{ opacity: 0, filter: "blur(14px) saturate(0.3)" }, { opacity: 1, filter: "none" }];

export function attract(box, { wall, isShown }) {
  const samples = [...box.children].map((image) => image.src);
  let pictures = samples;
  let next = 0;
  const take = () => pictures[next++ % pictures.length];

  function lay() {
    if (!pictures.length) return;
    next = 0;
    box.replaceChildren(...Array.from({ length: TILES }, () => tile(take())));
  }

  async function change() {
    if (!isShown() || document.hidden || pictures.length <= TILES / 2) return;
    const old = box.children[Math.floor(Math.random() * box.children.length)];
    const fresh = tile(take());
    await fresh.firstChild.decode().catch(() => {});
    old.append(fresh.firstChild);
    await develop(old.lastChild);
    while (old.children.length > 1) old.firstChild.remove();
  }

  async function look() {
    if (!isShown()) return;
    const answer = await fetch(wall, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return;
    const found = [...piece(await answer.text()).querySelectorAll("img")].map((image) => image.getAttribute("src"));
    const fresh = found.length ? found : samples;
    if (fresh.join() === pictures.join()) return;
    pictures = fresh;
    lay();
  }

  lay();
  look();
  setInterval(change, CHANGE_MS);
  setInterval(look, LOOK_MS);
  return look;
}

function tile(address) {
  const image = Object.assign(document.createElement("img"), { src: address, alt: "" });
  const box = document.createElement("span");
  box.append(image);
  return box;
}

function develop(image) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return null;
  return image.animate(DEVELOP, { duration: 1400, easing: "ease-out" }).finished;
}
