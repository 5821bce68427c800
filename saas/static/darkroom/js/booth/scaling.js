/* Make a photo as large as a model needs, and no larger. This file is also the worker that does it, in a thread of its
   own: a photo of thirty megabytes would hold the page up for half a second. */
export const MOST = 2048; // pixels of the longer side
export const address = import.meta.url;

const KINDS = ["image/jpeg", "image/png", "image/webp"]; // what the server reads
const FINENESS = 0.92;

/* Return the file if it is small and of a known kind, else a JPEG of it, or null if this browser cannot read it. */
export async function scaled(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  const scale = Math.min(1, MOST / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && KINDS.includes(file.type)) return file;
  const { canvas, pen } = drawing(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  pen.fillStyle = "white"; // a JPEG has no transparency
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return jpeg(canvas);
}

export function drawing(width, height) {
  const canvas = globalThis.OffscreenCanvas ? new OffscreenCanvas(width, height) : document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  return { canvas, pen };
}

export function jpeg(canvas) {
  if (canvas.convertToBlob) return canvas.convertToBlob({ type: "image/jpeg", quality: FINENESS });
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", FINENESS));
}

if (!globalThis.document) addEventListener("message", async ({ data }) => postMessage(await scaled(data)));
