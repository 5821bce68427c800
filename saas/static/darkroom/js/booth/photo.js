/* Turn a file that a person chose into one that can be sent. A HEIC photo becomes a JPEG where the browser can read it;
   where it cannot, the person reads what to do. */
import { address, scaled } from "./scaling.js";

const HEIC = /\.(heic|heif)$|image\/hei[cf]/i;
const NO_HEIC =
  "This browser cannot read HEIC photos. Send it as a JPEG: on an iPhone, choose “Most Compatible” under Settings, Camera, Formats.";
const NO_PICTURE = "This file cannot be read as a picture. A JPEG, PNG or WebP works.";

const LONGEST_MS = 30_000;

export class Unusable extends Error {}

/* Return a file that can be sent. Throw Unusable with a sentence if there is none. */
export async function sendable(file) {
  const found = await (globalThis.OffscreenCanvas ? inWorker(file).catch(() => scaled(file)) : scaled(file));
  if (found) return found;
  throw new Unusable(HEIC.test(`${file.name} ${file.type}`) ? NO_HEIC : NO_PICTURE);
}

function inWorker(file) {
  const worker = new Worker(address, { type: "module" });
  return new Promise((done, failed) => {
    worker.addEventListener("message", ({ data }) => done(data));
    worker.addEventListener("error", failed);
    setTimeout(failed, LONGEST_MS);
    worker.postMessage(file);
  }).finally(() => worker.terminate());
}
