/* Make a photo as large as a model needs, and no larger, before it is sent. Browsers decode and encode in another
   thread, so the page stays quick with photos of thirty megabytes. */
export const MOST = 2048; // pixels of the longer side

const KINDS = ["image/jpeg", "image/png", "image/webp"]; // what the server reads
const HEIC = /\.(heic|heif)$|image\/hei[cf]/i;
const FINENESS = 0.92;

export class Unusable extends Error {}

/* Return a file that can be sent: the same, if it is small and of a known kind, else a JPEG of it. A HEIC photo becomes
   one where the browser can read it. Throw Unusable with a sentence if it cannot. */
export async function sendable(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) throw new Unusable(HEIC.test(`${file.name} ${file.type}`) ? NO_HEIC : NO_PICTURE);
  const scale = Math.min(1, MOST / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && KINDS.includes(file.type)) return file;
  const { canvas, pen } = drawing(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  pen.fillStyle = "white"; // a JPEG has no transparency
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return jpeg(canvas);
}

const NO_HEIC =
  "This browser cannot read HEIC photos. Send it as a JPEG: on an iPhone, choose “Most Compatible” under Settings, Camera, Formats.";
const NO_PICTURE = "This file cannot be read as a picture. A JPEG, PNG or WebP works.";

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
