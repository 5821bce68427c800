/* Play the branch that is looked at, turn by turn: each picture develops over the one before, with what was said. */
const TURN_MS = 1900;

export function attach(button) {
  const thread = document.querySelector("[data-thread]");
  let timer = 0;
  let over = null;

  button.addEventListener("click", () => (over ? stop() : play()));
  document.addEventListener("keydown", ({ key }) => key === "Escape" && over && stop());

  function play() {
    const steps = [...thread.querySelectorAll(".thread-said .said-place")].map(step).filter(({ preview }) => preview);
    if (!steps.length) return;
    over = Object.assign(document.createElement("div"), { className: "thread-over thread-play" });
    over.append(Object.assign(document.createElement("p"), { className: "thread-caption", dir: "auto" }));
    const stage = thread.querySelector("#thread-stage");
    stage.querySelector(".thread-over")?.remove();
    stage.append(over);
    label("Stop");
    show(steps, 0);
  }

  function step(place) {
    const { turn } = place.dataset;
    const preview = thread.querySelector(`.thread-rows [data-turn="${turn}"]`)?.dataset.preview;
    const said = place.closest(".said").querySelector(".said-words")?.textContent ?? "The start";
    return { turn, preview, said };
  }

  async function show(steps, at) {
    const { turn, preview, said } = steps[at];
    const image = Object.assign(new Image(), { src: preview, alt: `Turn ${turn}` });
    await image.decode().catch(() => {});
    if (!over) return;
    const caption = over.querySelector("p");
    caption.textContent = `${turn} · ${said.slice(0, 140)}`;
    caption.before(image);
    for (const older of [...over.querySelectorAll("img")].slice(0, -2)) older.remove();
    timer = setTimeout(at + 1 < steps.length ? () => show(steps, at + 1) : stop, TURN_MS);
  }

  function stop() {
    clearTimeout(timer);
    over?.remove();
    over = null;
    label("Play");
  }

  function label(word) {
    button.querySelector("span").textContent = word;
  }
}
