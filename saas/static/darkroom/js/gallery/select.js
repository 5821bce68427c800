/* Choose pictures: by a tick, by Shift for all between, by a box drawn over them, by a long press on touch. As long as
   something is chosen, a press on a picture chooses too. */
const LONG_PRESS_MS = 450;
const DRAG_PX = 8;
const STILL_PX = 12;

export function attach(form) {
  const wall = document.querySelector(".wall");
  const boxes = () => [...wall.querySelectorAll(".shot-pick input")];
  const chosen = () => boxes().filter((box) => box.checked);
  const boxOf = (shot) => shot.querySelector(".shot-pick input");
  let last = null;
  let swallows = false; // the click that ends a drag or a long press

  function tell() {
    const count = chosen().length;
    form.toggleAttribute("data-open", count > 0);
    wall.toggleAttribute("data-choosing", count > 0);
    form.querySelector("[data-bulk-count]").textContent = `${count} selected`;
    for (const one of form.querySelectorAll("[data-bulk-one]")) one.hidden = count !== 1;
    const compare = form.querySelector("[data-bulk-compare]");
    if (compare) compare.hidden = count < 2 || count > 4;
  }

  function set(box, checked) {
    box.checked = checked;
    last = box;
    tell();
  }

  function reach(box, checked) {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const each of all.slice(Math.max(from, 0), to + 1)) each.checked = checked;
    set(box, checked);
  }

  wall.addEventListener(
    "click",
    (event) => {
      if (swallows) {
        swallows = false;
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      const box = event.target.closest(".shot-pick input");
      if (box) {
        if (event.shiftKey && last) reach(box, box.checked);
        else set(box, box.checked);
        return;
      }
      const link = event.target.closest(".shot-open");
      if (!link || (!chosen().length && !event.shiftKey) || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      const own = boxOf(link.closest(".shot"));
      if (event.shiftKey && last) reach(own, true);
      else set(own, !own.checked);
    },
    true,
  );

  wall.addEventListener("pointerdown", (event) => {
    swallows = false;
    if (event.button || event.target.closest(".shot-pick, button")) return;
    if (event.pointerType === "touch") pressLong(event);
    else if (!wall.dataset.order || !event.target.closest(".shot")) drawBox(event); // there a drag moves the picture
  });

  function pressLong(event) {
    const shot = event.target.closest(".shot");
    if (!shot) return;
    const timer = setTimeout(() => {
      swallows = true;
      set(boxOf(shot), true);
      navigator.vibrate?.(10);
    }, LONG_PRESS_MS);
    const ending = new AbortController();
    const stop = () => {
      clearTimeout(timer);
      ending.abort();
    };
    for (const type of ["pointerup", "pointercancel", "scroll"]) {
      addEventListener(type, stop, { passive: true, signal: ending.signal });
    }
    // A finger always moves a little.
    const moved = (now) => Math.hypot(now.clientX - event.clientX, now.clientY - event.clientY) > STILL_PX && stop();
    addEventListener("pointermove", moved, { passive: true, signal: ending.signal });
    shot.addEventListener("contextmenu", (menu) => menu.preventDefault(), { once: true });
  }

  function drawBox(start) {
    const before = new Set(start.shiftKey || start.ctrlKey || start.metaKey ? chosen() : []);
    const origin = { x: start.pageX, y: start.pageY };
    let frame = null;

    function move(event) {
      const width = Math.abs(event.pageX - origin.x);
      const height = Math.abs(event.pageY - origin.y);
      if (!frame && Math.max(width, height) < DRAG_PX) return;
      if (!frame) {
        frame = document.createElement("div");
        frame.className = "select-box";
        document.body.append(frame);
        getSelection()?.removeAllRanges();
      }
      const box = { left: Math.min(event.pageX, origin.x), top: Math.min(event.pageY, origin.y), width, height };
      for (const [name, value] of Object.entries(box)) frame.style[name] = `${value}px`;
      for (const each of boxes()) each.checked = before.has(each) || touches(each.closest(".shot"), box);
      tell();
    }

    function end() {
      removeEventListener("pointermove", move);
      swallows = frame !== null;
      frame?.remove();
      setTimeout(() => {
        swallows = false; // a click follows at once, or never
      });
    }
    addEventListener("pointermove", move);
    addEventListener("pointerup", end, { once: true });
    addEventListener("pointercancel", end, { once: true });
  }

  function touches(shot, box) {
    const place = shot.getBoundingClientRect();
    const left = place.left + scrollX;
    const top = place.top + scrollY;
    return left < box.left + box.width && left + place.width > box.left && top < box.top + box.height && top + place.height > box.top;
  }

  form.addEventListener("reset", () => setTimeout(none));
  document.addEventListener("acted", ({ detail }) => detail.does !== "restore" && none());
  function none() {
    for (const box of boxes()) box.checked = false;
    last = null;
    for (const menu of form.querySelectorAll("details[open]")) menu.open = false;
    tell();
  }
  document.addEventListener("choose", ({ detail }) => {
    if (detail.all) for (const box of boxes()) box.checked = true;
    if (detail.none) return none();
    if (detail.shot) set(boxOf(detail.shot), !boxOf(detail.shot).checked);
    tell();
  });
  tell();
}
