/* Place the picture on the stage: zoom, pan, and convert between the screen and the picture's pixels. */
const LARGEST = 16;
const MARGIN = 24;

export class View {
  constructor(stage, sheet) {
    Object.assign(this, { stage, sheet, x: 0, y: 0, scale: 1, width: 1, height: 1, isFitted: true });
    new ResizeObserver(() => this.isFitted && this.fit()).observe(stage);
  }

  open(width, height) {
    Object.assign(this, { width, height });
    this.sheet.style.width = `${width}px`;
    this.sheet.style.height = `${height}px`;
    this.fit();
  }

  get fitting() {
    const { clientWidth, clientHeight } = this.stage;
    const margin = Math.min(MARGIN, clientWidth / 20);
    return Math.max(0.01, Math.min((clientWidth - 2 * margin) / this.width, (clientHeight - 2 * margin) / this.height));
  }

  fit() {
    this.scale = Math.min(this.fitting, Math.max(1, 512 / Math.max(this.width, this.height)));
    this.x = (this.stage.clientWidth - this.width * this.scale) / 2;
    this.y = (this.stage.clientHeight - this.height * this.scale) / 2;
    this.isFitted = true;
    this.#show();
  }

  /* Zoom, and keep the point under the pointer where it is. */
  zoom(factor, clientX, clientY) {
    const { left, top } = this.stage.getBoundingClientRect();
    const atX = clientX === undefined ? this.stage.clientWidth / 2 : clientX - left;
    const atY = clientY === undefined ? this.stage.clientHeight / 2 : clientY - top;
    const scale = Math.min(LARGEST, Math.max(Math.min(this.fitting, 1) / 4, this.scale * factor));
    this.x = atX - ((atX - this.x) * scale) / this.scale;
    this.y = atY - ((atY - this.y) * scale) / this.scale;
    this.scale = scale;
    this.isFitted = false;
    this.#show();
  }

  pan(byX, byY) {
    // Some of the picture always stays in sight.
    const edge = 48;
    this.x = Math.min(this.stage.clientWidth - edge, Math.max(edge - this.width * this.scale, this.x + byX));
    this.y = Math.min(this.stage.clientHeight - edge, Math.max(edge - this.height * this.scale, this.y + byY));
    this.isFitted = false;
    this.#show();
  }

  toPicture(clientX, clientY) {
    const { left, top } = this.stage.getBoundingClientRect();
    return [(clientX - left - this.x) / this.scale, (clientY - top - this.y) / this.scale];
  }

  toStage(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  #show() {
    this.sheet.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.stage.dispatchEvent(new CustomEvent("view"));
  }
}
