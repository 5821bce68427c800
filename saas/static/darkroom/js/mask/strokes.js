/* Keep what is painted: a list of strokes in the picture's own pixels, and the canvas that shows them.

   A stroke is drawn as it grows, piece by piece. To undo without drawing everything again, a second canvas holds all but
   the newest strokes: only those few are drawn again, and only inside the box of the one that goes. */
const NEWEST = 12;
const MOST_POINTS = 3000; // of one stroke; a longer one goes on as the next
const LIMIT_STROKES = 2000;
const LIMIT_NUMBERS = 200_000;
const SLICE_MS = 10;

const round = (value) => Math.round(value * 10) / 10;

export class Painting {
  constructor(canvas, width, height, colour) {
    // Very large pictures are painted on a smaller canvas; the strokes stay in the picture's pixels.
    this.scale = Math.min(1, Math.sqrt(2880 ** 2 / (width * height)));
    Object.assign(this, { canvas, width, height, colour });
    canvas.width = Math.max(1, Math.round(width * this.scale));
    canvas.height = Math.max(1, Math.round(height * this.scale));
    this.context = canvas.getContext("2d");
    this.settled = new OffscreenCanvas(canvas.width, canvas.height);
    this.strokes = [];
    this.undone = [];
    this.settledCount = 0;
    this.base = null; // a mask that came as a file lies under all strokes
  }

  begin(tool, size, x, y) {
    this.current = { tool, size: round(size), points: [round(x), round(y)] };
    this.drawn = 0;
    this.#grow();
  }

  extend(x, y) {
    const { points, tool, size } = this.current;
    const [lastX, lastY] = points.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) < 0.4 / this.scale) return;
    points.push(round(x), round(y));
    this.#grow();
    if (points.length < MOST_POINTS) return;
    this.end();
    this.begin(tool, size, lastX, lastY);
    this.extend(x, y);
  }

  end() {
    const stroke = this.current;
    this.current = null;
    if (stroke) this.#keep(stroke);
  }

  /* Take back a stroke that has only begun, because a second finger came. */
  cancel() {
    const stroke = this.current;
    this.current = null;
    if (stroke) this.#redraw(boxOf(stroke, this));
  }

  apply(stroke) {
    if (stroke.points) stroke.points = stroke.points.map(round);
    draw(this.context, stroke, this);
    this.#keep(stroke);
  }

  undo() {
    const stroke = this.strokes.pop();
    if (!stroke) return false;
    this.undone.push(stroke);
    if (this.strokes.length < this.settledCount) this.#settleAgain();
    else this.#redraw(boxOf(stroke, this));
    return true;
  }

  redo() {
    const stroke = this.undone.pop();
    if (!stroke) return false;
    draw(this.context, stroke, this);
    this.#keep(stroke, { isNew: false });
    return true;
  }

  async load(strokes, base = null) {
    this.strokes = [...strokes];
    this.undone = [];
    this.base = base;
    await this.#settleAgain();
  }

  /* Return the strokes, or null where a mask from a file lies beneath or there are more than the server keeps: then the
     picture of the mask itself is opened again. */
  toJSON() {
    const numbers = this.strokes.reduce((sum, { points }) => sum + (points?.length ?? 0), 0);
    if (this.base || this.strokes.length > LIMIT_STROKES || numbers > LIMIT_NUMBERS) return null;
    return { width: this.width, height: this.height, strokes: this.strokes };
  }

  #grow() {
    draw(this.context, this.current, this, this.drawn);
    this.drawn = this.current.points.length;
  }

  #keep(stroke, { isNew = true } = {}) {
    this.strokes.push(stroke);
    if (isNew) this.undone = [];
    if (this.strokes.length - this.settledCount <= NEWEST) return;
    draw(this.settled.getContext("2d"), this.strokes[this.settledCount], this);
    this.settledCount += 1;
  }

  #redraw(box) {
    const { context, settled } = this;
    const [x, y, width, height] = box;
    if (width <= 0 || height <= 0) return;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.clearRect(x, y, width, height);
    context.drawImage(settled, x, y, width, height, x, y, width, height);
    for (const stroke of this.strokes.slice(this.settledCount)) draw(context, stroke, this);
    context.restore();
  }

  /* Draw all from nothing, a few strokes at a time, so that the page keeps answering. */
  async #settleAgain() {
    this.isSettling = true; // no painting meanwhile
    const target = this.settled.getContext("2d");
    target.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.base) target.drawImage(this.base, 0, 0, this.canvas.width, this.canvas.height);
    this.settledCount = Math.max(0, this.strokes.length - NEWEST);
    let began = performance.now();
    for (const stroke of this.strokes.slice(0, this.settledCount)) {
      draw(target, stroke, this);
      if (performance.now() - began < SLICE_MS) continue;
      await new Promise(requestAnimationFrame);
      began = performance.now();
    }
    this.#redraw([0, 0, this.canvas.width, this.canvas.height]);
    this.isSettling = false;
  }
}

/* Return the box of a stroke on the canvas: x, y, width, height, never beyond it. */
function boxOf({ points, size = 0 }, { canvas, scale }) {
  if (!points) return [0, 0, canvas.width, canvas.height];
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < points.length; at += 2) {
    left = Math.min(left, points[at]);
    right = Math.max(right, points[at]);
    top = Math.min(top, points[at + 1]);
    bottom = Math.max(bottom, points[at + 1]);
  }
  const edge = (size / 2) * scale + 2;
  const x = Math.max(0, Math.floor(left * scale - edge));
  const y = Math.max(0, Math.floor(top * scale - edge));
  return [
    x,
    y,
    Math.min(canvas.width, Math.ceil(right * scale + edge)) - x,
    Math.min(canvas.height, Math.ceil(bottom * scale + edge)) - y,
  ];
}

/* Draw a stroke. `from` is how many numbers of its points are drawn already. */
export function draw(context, { tool, size, points }, { width, height, scale, colour }, from = 0) {
  context.save();
  context.scale(scale, scale);
  context.fillStyle = context.strokeStyle = colour;
  if (tool === "erase") context.globalCompositeOperation = "destination-out";
  if (tool === "invert") context.globalCompositeOperation = "xor";
  if (tool === "clear") context.clearRect(0, 0, width, height);
  else if (tool === "invert") context.fillRect(0, 0, width, height);
  else if (tool === "box") context.fillRect(points[0], points[1], points[2] - points[0], points[3] - points[1]);
  else if (tool === "lasso") fillLasso(context, points);
  else drawLine(context, size, points, from);
  context.restore();
}

function fillLasso(context, points) {
  context.beginPath();
  for (let at = 0; at < points.length; at += 2) context.lineTo(points[at], points[at + 1]);
  context.fill();
}

/* Draw through the middles between points, so that a quick hand draws curves and not corners. */
function drawLine(context, size, points, from) {
  context.lineWidth = size;
  context.lineCap = context.lineJoin = "round";
  if (from === 0) {
    context.beginPath();
    context.arc(points[0], points[1], size / 2, 0, Math.PI * 2);
    context.fill();
  }
  if (points.length < 4) return;
  const middle = (at) => [(points[at] + points[at + 2]) / 2, (points[at + 1] + points[at + 3]) / 2];
  context.beginPath();
  let at = Math.max(0, from - 4);
  context.moveTo(...(at === 0 ? points.slice(0, 2) : middle(at)));
  for (; at + 4 < points.length; at += 2) {
    context.quadraticCurveTo(points[at + 2], points[at + 3], ...middle(at + 2));
  }
  context.lineTo(...points.slice(-2));
  context.stroke();
}
