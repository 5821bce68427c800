/* Handle the stage: one finger, pen or mouse paints; two fingers, the wheel, the middle button or Space move the
   picture. Without a pointer, the arrow keys move the brush and Enter puts it down. */
const WHEEL_STEP = 1.0015;
const STEP = 8;
const LONG_STEP = 40;

export class Hand {
  constructor({ stage, ring, view, painting, tool, size, changed }) {
    Object.assign(this, { stage, ring, view, painting, tool, size, changed });
    this.fingers = new Map();
    this.at = null; // of the brush, in the picture's pixels
    this.isDown = false; // by keyboard
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => this.#up(event));
    stage.addEventListener("pointerleave", () => this.fingers.size || this.#hideRing());
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("view", () => this.showRing());
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    stage.addEventListener("blur", () => this.#lift());
  }

  #down(event) {
    if (this.painting()?.isSettling !== false) return;
    this.stage.setPointerCapture(event.pointerId);
    this.stage.focus({ preventScroll: true });
    event.preventDefault();
    this.#lift();
    this.fingers.set(event.pointerId, event);
    if (this.fingers.size === 2 && this.mode !== "pan") {
      if (this.mode === "paint") this.#cancel();
      this.mode = "pinch";
    } else if (this.fingers.size === 1) {
      const isPan = event.button === 1 || this.isSpaceDown;
      this.mode = isPan ? "pan" : event.button === 0 ? "paint" : "";
      if (this.mode === "paint") this.#begin(...this.view.toPicture(event.clientX, event.clientY));
    }
  }

  #move(event) {
    const before = this.fingers.get(event.pointerId);
    if (before) this.fingers.set(event.pointerId, event);
    this.at = this.view.toPicture(event.clientX, event.clientY);
    if (event.pointerType !== "touch") this.showRing();
    if (!before) return;
    if (this.mode === "pan") this.view.pan(event.clientX - before.clientX, event.clientY - before.clientY);
    if (this.mode === "pinch") this.#pinch(before, event);
    if (this.mode !== "paint") return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of moves.length ? moves : [event]) {
      this.#extend(...this.view.toPicture(clientX, clientY));
    }
  }

  #up(event) {
    this.fingers.delete(event.pointerId);
    if (this.mode === "paint") this.#end();
    if (!this.fingers.size || this.mode === "paint") this.mode = "";
  }

  #pinch(before, event) {
    const other = [...this.fingers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (!other) return;
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    this.view.pan((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
    const [x, y] = [(event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2];
    this.view.zoom(apart(event) / apart(before), x, y);
  }

  /* Zoom by a wheel, as on a map; pan by two fingers on a trackpad, which also move sideways. */
  #wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 20 : 1;
    const isPan = !event.ctrlKey && (event.shiftKey || event.deltaX !== 0);
    if (isPan) this.view.pan(-event.deltaX * unit, -event.deltaY * unit);
    else this.view.zoom(WHEEL_STEP ** (-event.deltaY * unit * (event.ctrlKey ? 4 : 1)), event.clientX, event.clientY);
  }

  /* Return whether the key was for the brush. */
  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const painting = this.painting();
    if (!painting || painting.isSettling) return false;
    if (event.key === "Enter") {
      this.at ??= [painting.width / 2, painting.height / 2];
      if (this.isDown) this.#lift();
      else {
        this.isDown = true;
        this.#begin(...this.at);
      }
    } else if (event.key in steps) {
      const step = (event.shiftKey ? LONG_STEP : STEP) / this.view.scale;
      this.at ??= [painting.width / 2, painting.height / 2];
      const [x, y] = this.at.map((value, axis) => value + steps[event.key][axis] * step);
      this.at = [Math.min(painting.width, Math.max(0, x)), Math.min(painting.height, Math.max(0, y))];
      if (this.isDown) this.#extend(...this.at);
    } else return false;
    this.showRing();
    return true;
  }

  #begin(x, y) {
    const tool = this.tool();
    this.path = [x, y];
    if (tool === "brush" || tool === "erase") this.painting().begin(tool, this.size(), x, y);
  }

  #extend(x, y) {
    const tool = this.tool();
    if (tool === "brush" || tool === "erase") return this.painting().extend(x, y);
    if (tool === "box") this.path = [...this.path.slice(0, 2), x, y];
    else this.path.push(x, y);
    this.#showOutline(tool);
  }

  #end() {
    const tool = this.tool();
    const painting = this.painting();
    if (tool === "brush" || tool === "erase") painting.end();
    else if (this.path.length >= (tool === "box" ? 4 : 6)) painting.apply({ tool, points: this.path });
    this.#hideOutline();
    this.changed();
  }

  #cancel() {
    this.painting().cancel();
    this.#hideOutline();
  }

  #lift() {
    if (!this.isDown) return;
    this.isDown = false;
    this.#end();
  }

  showRing() {
    if (!this.at) return;
    const [x, y] = this.view.toStage(...this.at);
    const isLine = ["brush", "erase"].includes(this.tool());
    const size = isLine ? this.size() * this.view.scale : 12;
    this.ring.hidden = false;
    this.ring.classList.toggle("mask-ring-down", this.isDown);
    this.ring.style.width = this.ring.style.height = `${size}px`;
    this.ring.style.transform = `translate(${x - size / 2}px, ${y - size / 2}px)`;
  }

  #hideRing() {
    this.ring.hidden = true;
  }

  #showOutline(tool) {
    const line = this.stage.querySelector("[data-mask-outline]");
    const [x, y, right, bottom] = this.path;
    const corners = tool === "box" ? [x, y, right, y, right, bottom, x, bottom] : this.path;
    const pairs = [];
    for (let at = 0; at < corners.length; at += 2) pairs.push(this.view.toStage(corners[at], corners[at + 1]).join(","));
    line.setAttribute("points", pairs.join(" "));
  }

  #hideOutline() {
    this.stage.querySelector("[data-mask-outline]").setAttribute("points", "");
  }
}
