/* Show a picture as large as the window, and closer. Wheel and + - zoom, a drag moves, Z or a double click goes between
   the whole and its real pixels; arrows, or a finger's stroke, go to the run's other pictures, or else to the page's.
   The picture is the original, not a preview. */
const MOST = 8;
const STROKE_PX = 60;

export function attach(link) {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
}

function open(link) {
  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  dialog.setAttribute("aria-label", link.getAttribute("aria-label") ?? "Picture");
  const image = new Image();
  const shown = link.querySelector("img");
  image.alt = shown.alt;
  image.src = shown.currentSrc || shown.src; // at once, until the original is there
  image.draggable = false;
  const bar = controls(others(link).length > 1);
  dialog.append(image, bar);
  document.body.append(dialog);
  const sharp = new Image();
  sharp.src = link.href;
  sharp.decode().then(() => {
    image.src = sharp.src;
  }).catch(() => {});

  const view = { scale: 1, x: 0, y: 0 };
  const place = () => {
    image.style.setProperty("--scale", view.scale);
    image.style.setProperty("--x", `${view.x}px`);
    image.style.setProperty("--y", `${view.y}px`);
    dialog.classList.toggle("enlarged-close", view.scale > 1);
    bar.querySelector("output").textContent = `${Math.round(percent())} %`;
  };
  const percent = () => (100 * image.clientWidth * view.scale * devicePixelRatio) / (sharp.naturalWidth || image.naturalWidth || 1);

  function zoomTo(scale, x = 0, y = 0) {
    const next = Math.min(MOST, Math.max(1, scale));
    // The point under the pointer stays under the pointer.
    view.x = next === 1 ? 0 : x - ((x - view.x) * next) / view.scale;
    view.y = next === 1 ? 0 : y - ((y - view.y) * next) / view.scale;
    view.scale = next;
    place();
  }

  const real = () => Math.max(1.5, ((sharp.naturalWidth || image.naturalWidth) / devicePixelRatio / image.clientWidth) || 2);
  const toggle = (x, y) => zoomTo(view.scale > 1 ? 1 : real(), x, y);
  const fromMiddle = (event) => [event.clientX - innerWidth / 2, event.clientY - innerHeight / 2];

  dialog.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomTo(view.scale * Math.exp(-event.deltaY / 400), ...fromMiddle(event));
  }, { passive: false });
  image.addEventListener("dblclick", (event) => toggle(...fromMiddle(event)));
  image.addEventListener("pointerdown", (event) => {
    if (view.scale === 1) return stroke(event);
    image.setPointerCapture(event.pointerId);
    const from = { x: event.clientX - view.x, y: event.clientY - view.y };
    const move = ({ clientX, clientY }) => {
      view.x = clientX - from.x;
      view.y = clientY - from.y;
      place();
    };
    image.addEventListener("pointermove", move);
    image.addEventListener("lostpointercapture", () => image.removeEventListener("pointermove", move), { once: true });
  });
  dialog.addEventListener("keydown", (event) => {
    const pan = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] }[event.key];
    if (event.key === "+" || event.key === "=") zoomTo(view.scale * 1.4);
    else if (event.key === "-") zoomTo(view.scale / 1.4);
    else if (event.key === "0") zoomTo(1);
    else if (event.key.toLowerCase() === "z") toggle();
    else if (pan && view.scale > 1) {
      view.x += pan[0];
      view.y += pan[1];
      place();
    } else if (pan) return turn(pan[0] < 0 || pan[1] < 0 ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  bar.addEventListener("click", ({ target }) => {
    const act = target.closest("button")?.dataset.act;
    if (act === "back") turn(-1);
    if (act === "next") turn(1);
    if (act === "in") zoomTo(view.scale * 1.4);
    if (act === "out") zoomTo(view.scale / 1.4);
    if (act === "real") toggle();
    if (act === "close") dialog.close();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });

  function turn(step) {
    const all = others(link);
    const next = all[all.findIndex((each) => each === link || each.hasAttribute("aria-current")) + step];
    if (!next) return;
    if (next.matches("[data-slot-choice]")) next.click();
    const other = link.closest("[data-story]")?.querySelector("[data-stage]:not([hidden]) [data-enlarge]") ?? next;
    if (!other.matches("[data-enlarge]")) return;
    dialog.close();
    open(other);
  }

  function stroke(start) {
    if (start.pointerType !== "touch") return;
    addEventListener("pointerup", ({ clientX, clientY }) => {
      const by = clientX - start.clientX;
      if (Math.abs(by) > STROKE_PX && Math.abs(by) > 2 * Math.abs(clientY - start.clientY)) turn(by < 0 ? 1 : -1);
    }, { once: true });
  }

  dialog.showModal();
  image.addEventListener("load", place);
  place();
}

/* Return the run's pictures; on a page of pictures without a run, all of them. */
function others(link) {
  const story = link.closest("[data-story]");
  return [...(story ? story.querySelectorAll("[data-slot-choice]") : document.querySelectorAll("[data-enlarge]"))];
}

function controls(isOneOfMany) {
  const bar = document.createElement("div");
  bar.className = "enlarged-bar";
  const ways = [["back", "‹", "Previous picture"], ["next", "›", "Next picture"]];
  const sizes = [["out", "−", "Smaller"], ["real", "", "Actual pixels or fit"], ["in", "+", "Larger"], ["close", "×", "Close"]];
  for (const [act, text, name] of isOneOfMany ? [...ways, ...sizes] : sizes) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.act = act;
    button.setAttribute("aria-label", name);
    button.className = "button button-quiet button-small";
    if (act === "real") button.append(document.createElement("output"));
    else button.textContent = text;
    bar.append(button);
  }
  return bar;
}
