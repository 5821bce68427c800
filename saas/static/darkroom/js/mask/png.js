/* Make the PNG that is sent from what is painted: exactly as large as the picture, clear where it was painted. */
import { draw } from "./strokes.js";

export const LIMIT_BYTES = 4_000_000;
const SAMPLE = 128;
const STRIP = 128;

/* Return roughly how much is painted: cheap enough for after each stroke. */
export function share(painting) {
  const sample = new OffscreenCanvas(SAMPLE, SAMPLE).getContext("2d", { willReadFrequently: true });
  sample.imageSmoothingQuality = "low"; // better ones make every smaller picture on the way
  sample.drawImage(painting.canvas, 0, 0, SAMPLE, SAMPLE);
  const { data } = sample.getImageData(0, 0, SAMPLE, SAMPLE);
  let sum = 0;
  for (let at = 3; at < data.length; at += 4) sum += data[at];
  return sum / (255 * SAMPLE * SAMPLE);
}

/* Return exactly whether any pixel is wholly painted, and whether all are. Read in strips, so that the page keeps
   answering. */
export async function extent({ canvas }) {
  const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  let [some, all] = [false, true];
  for (let top = 0; top < canvas.height; top += STRIP) {
    const { data } = context.getImageData(0, top, canvas.width, Math.min(STRIP, canvas.height - top));
    for (let at = 3; at < data.length; at += 4) {
      if (data[at] === 255) some = true;
      else all = false;
    }
    if (some && !all) break;
    await new Promise((done) => setTimeout(done));
  }
  return { some, all };
}

export async function toPng(painting) {
  const { width, height } = painting;
  const sheet = new OffscreenCanvas(width, height);
  const context = sheet.getContext("2d");
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = "destination-out";
  context.drawImage(await atFullSize(painting), 0, 0, width, height);
  return sheet.convertToBlob({ type: "image/png" });
}

/* Draw the strokes once more, in the picture's own pixels, where the canvas is smaller than the picture. */
async function atFullSize(painting) {
  if (painting.scale === 1 || painting.base) return painting.canvas;
  const { width, height, strokes, colour } = painting;
  const full = new OffscreenCanvas(width, height);
  const context = full.getContext("2d");
  for (const stroke of strokes) {
    draw(context, stroke, { width, height, scale: 1, colour });
    await new Promise((done) => setTimeout(done));
  }
  return full;
}

/* Read a mask that came as a picture: painted is where it is clear. */
export async function fromPicture(url, colour) {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const sheet = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = sheet.getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.globalCompositeOperation = "destination-out";
  context.drawImage(bitmap, 0, 0);
  return sheet;
}
