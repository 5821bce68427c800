/* Show the reserved tiles at the moment of the key press, in the ratio that the pictures will have. */
export function place(body) {
  const stream = document.querySelector("[data-stream]");
  const run = copy("[data-run-template]");
  const tile = copy("[data-tile-template]");
  const [width, height] = sides(body);
  const names = [...document.querySelectorAll("[name='style']:checked")].map((each) => each.dataset.name);
  const count = Math.min(Math.max(Number(body.get("n")) || 1, 1) * Math.max(names.length, 1), 10);
  run.querySelector(".run-prompt").textContent = body.get("prompt").trim() ? body.get("prompt") : names.join(", ");
  const tiles = run.querySelector(".tiles");
  tiles.dataset.count = count;
  tiles.classList.add(`tiles-${lying(width / height)}`);
  tile.querySelector("svg").setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (let index = 0; index < count; index++) tiles.append(tile.cloneNode(true));
  run.querySelector(".run-acts").append(...given(body));
  if (body.get("quality") === "low") run.append(foot());
  stream.querySelector("[data-stream-empty]")?.remove();
  stream.prepend(run);
  scrollTo({ top: 0, behavior: "instant" });
  return run;
}

/* Return the inputs as the card will show them: no word of the prompt may move when it comes. */
function given(body) {
  const used = [...document.querySelectorAll("[data-reference] img")];
  if (body.get("mask")) used.push(document.querySelector("[data-mask-again] img"));
  return used.map((each) => {
    const image = new Image(28, 28);
    image.src = each.currentSrc;
    image.className = "run-input";
    return image;
  });
}

/* Return the row for the keepers, which proofs have below them. */
function foot() {
  const row = document.createElement("footer");
  row.className = "keepers";
  return row;
}

function copy(selector) {
  return document.querySelector(selector).content.firstElementChild.cloneNode(true);
}

function sides(body) {
  const text = body.get("size") === "custom" ? `${body.get("width")}x${body.get("height")}` : (body.get("size") ?? "");
  const [width, height] = text.split("x").map(Number);
  if (width > 0 && height > 0) return [width, height];
  const first = document.querySelector("[data-reference]"); // the model chooses, and an edit mostly keeps the ratio
  return first ? [Number(first.dataset.width), Number(first.dataset.height)] : [1, 1];
}

/* Return a name of studio/templatetags/studio.py. */
function lying(ratio) {
  return ratio > 1.6 ? "wide" : ratio > 1.1 ? "landscape" : ratio > 0.9 ? "square" : "portrait";
}
