/* Replay a run from rough to final out of the frames that are kept. Nothing is made again: the pictures are those of the
   strip. All pictures of the run develop on one clock, each from its own start. */
const SPEEDS = [1, 2, 4, 8, 16];
const COMFORTABLE_MS = 6000; // a replay that takes longer begins faster
const FADE_MS = 900;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export function attach(article) {
  const head = article.querySelector("[data-scrub]");
  if (!head) return;
  const length = Number(article.dataset.length);
  const play = article.querySelector("[data-play]");
  const clock = article.querySelector("[data-clock]");
  const speedButton = article.querySelector("[data-speed]");
  const slots = [...article.querySelectorAll("[data-strip]")].map((strip) => read(article, strip));
  let speed = SPEEDS.find((each) => length / each <= COMFORTABLE_MS) ?? SPEEDS.at(-1);
  let playing = 0;

  const chosen = () => slots.find((slot) => slot.index === article.dataset.chosen) ?? slots[0];

  function at(time, { fades = false, frame: meant } = {}) {
    head.value = Math.round(time);
    clock.textContent = said(time);
    const replaying = time < length;
    article.toggleAttribute("data-replaying", replaying);
    for (const slot of slots) {
      const isChosen = slot === chosen();
      show(slot, (isChosen && meant) || newest(slot, time) || null, fades && isChosen);
    }
    const frame = meant ?? newest(chosen(), time);
    head.setAttribute("aria-valuetext", `${said(time)}, ${frame ? frame.dataset.name : "nothing yet"}`);
  }

  function stop() {
    cancelAnimationFrame(playing);
    playing = 0;
    button(play, "play", "Replay, rough to final");
  }

  function start() {
    let time = Number(head.value) >= length ? 0 : Number(head.value);
    let before = performance.now();
    button(play, "pause", "Pause");
    at(time);
    const step = (now) => {
      time = Math.min(length, time + (now - before) * speed);
      before = now;
      at(time, { fades: true });
      if (time < length) playing = requestAnimationFrame(step);
      else stop();
    };
    playing = requestAnimationFrame(step);
  }

  function stepBy(direction) {
    stop();
    const times = [0, ...chosen().frames.map((frame) => Number(frame.dataset.at)), length];
    const now = Number(head.value);
    const next = direction > 0 ? times.find((time) => time > now) : times.findLast((time) => time < now);
    at(next ?? (direction > 0 ? length : 0));
  }

  const label = () => {
    speedButton.textContent = `${speed}×`;
    speedButton.setAttribute("aria-label", `Speed ${speed}×`);
  };

  play.addEventListener("click", () => (playing ? stop() : start()));
  speedButton.addEventListener("click", () => {
    speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    label();
  });
  head.addEventListener("input", () => {
    stop();
    at(Number(head.value));
  });
  head.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (step) stepBy(step);
    else if (event.key === " ") play.click();
    else return;
    event.preventDefault();
  });
  article.addEventListener("click", (event) => {
    const frame = event.target.closest("[data-frame]");
    if (!frame || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    stop();
    at(frame === chosen().frames.at(-1) ? length : Number(frame.dataset.at), { frame });
  });
  article.addEventListener("story:chosen", () => at(Number(head.value)));
  article.addEventListener("story:play", start);
  label();
  at(length);
  (window.requestIdleCallback ?? setTimeout)(() => gather(slots));
}

/* Load the lazy pictures of strips that are still hidden, because all of them develop at once. */
function gather(slots) {
  for (const frame of slots.flatMap((slot) => slot.frames)) {
    const image = frame.querySelector("img");
    if (image) image.loading = "eager";
  }
}

function read(article, strip) {
  const index = strip.dataset.ofSlot;
  return {
    index,
    frames: [...strip.querySelectorAll("[data-frame]")],
    stage: article.querySelector(`[data-stage][data-of-slot="${index}"] .stage-image`),
    print: article.querySelector(`[data-slot-choice="${index}"] img`),
    shown: undefined,
  };
}

const newest = (slot, time) => slot.frames.findLast((frame) => Number(frame.dataset.at) <= time);

function show(slot, frame, fades) {
  if (slot.shown === frame) return;
  const isFirst = slot.shown === undefined;
  slot.shown = frame;
  for (const each of slot.frames) {
    if (each === frame) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
  if (slot.print) {
    slot.print.classList.toggle("is-latent", !frame);
    if (frame) slot.print.src = frame.dataset.preview;
  }
  if (slot.stage && !(isFirst && slot.stage.dataset.shows === frame?.dataset.preview)) develop(slot.stage, frame, fades);
}

/* Fade the new frame in over the old one, from soft and pale to sharp and full. */
function develop(image, frame, fades) {
  const holder = image.parentElement;
  for (const over of holder.querySelectorAll(".stage-over")) over.remove();
  image.classList.toggle("is-latent", !frame);
  if (!frame) return;
  holder.href = frame.href;
  const before = image.dataset.shows;
  image.dataset.shows = frame.dataset.preview;
  if (!fades || still.matches) {
    image.src = frame.dataset.preview;
    return;
  }
  const over = image.cloneNode();
  over.removeAttribute("id");
  over.className = "stage-image stage-over";
  over.src = frame.dataset.preview;
  if (before) holder.append(over);
  else image.src = over.src;
  over.addEventListener("animationend", () => {
    if (image.dataset.shows === frame.dataset.preview) image.src = frame.dataset.preview;
    setTimeout(() => over.remove(), FADE_MS / 10);
  });
}

function button(play, icon, name) {
  const use = play.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  play.setAttribute("aria-label", name);
}

function said(time) {
  const seconds = time / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
