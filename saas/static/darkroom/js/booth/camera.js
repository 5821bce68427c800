/* Open a camera in a video element, and take photos of what it shows. A front camera, and one that does not say where it
   looks, is a mirror: the preview is mirrored and so is the photo. A back camera is not. Its light goes off as soon as
   it is not needed: after stop(), when the page is hidden, and when it is left. */
import { MOST, drawing, jpeg } from "./scaling.js";

const WISH = { width: { ideal: 1920 }, height: { ideal: 1920 } };

export class Camera {
  #video;
  #lost;
  #stream = null;
  #turn = 0;
  #facing = "user";
  #device = null;

  /* `lost` is called with a sentence when the camera goes away by itself. */
  constructor(video, lost) {
    this.#video = video;
    this.#lost = lost;
    addEventListener("pagehide", () => this.stop());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden || !this.isOpen) return;
      this.stop();
      lost("The camera went off because you left this page.");
    });
  }

  get isOpen() {
    return this.#stream !== null;
  }

  get isMirrored() {
    return this.#settings.facingMode !== "environment";
  }

  /* Call this from a press: browsers ask for permission only then. Throw an error that `refusal` puts into words. */
  async start() {
    const turn = ++this.#turn;
    this.#close();
    const which = this.#device ? { deviceId: { exact: this.#device } } : { facingMode: { ideal: this.#facing } };
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "SecurityError");
    const stream = await navigator.mediaDevices.getUserMedia({ video: { ...which, ...WISH }, audio: false });
    if (turn !== this.#turn || document.hidden) {
      for (const track of stream.getTracks()) track.stop(); // stopped, or started again, while a person was asked
      return false;
    }
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => {
      if (this.#stream !== stream) return;
      this.stop();
      this.#lost("The camera was unplugged, or another program took it. Connect it and start it again.");
    });
    this.#video.srcObject = stream;
    this.#video.dataset.mirrored = this.isMirrored ? "yes" : "";
    await this.#video.play().catch(() => {}); // where playing by itself is off, the first frame is there all the same
    return turn === this.#turn;
  }

  stop() {
    this.#turn += 1;
    this.#close();
  }

  async canSwitch() {
    return (await this.#devices()).length > 1;
  }

  /* Open the other side's camera on a phone, the next one on a desk. */
  async switch() {
    const { facingMode, deviceId } = this.#settings;
    if (facingMode) {
      this.#facing = facingMode === "environment" ? "user" : "environment";
      this.#device = null;
    } else {
      const all = await this.#devices();
      this.#device = all[(all.indexOf(deviceId) + 1) % all.length] ?? null;
    }
    return this.start();
  }

  /* Return the middle of the frame in this ratio of width to height, as a JPEG. */
  async take(ratio) {
    const { videoWidth: wide, videoHeight: high } = this.#video;
    if (!wide) throw new DOMException("", "NotReadableError");
    const [width, height] = wide / high > ratio ? [high * ratio, high] : [wide, wide / ratio];
    const scale = Math.min(1, MOST / Math.max(width, height));
    const { canvas, pen } = drawing(Math.round(width * scale), Math.round(height * scale));
    if (this.isMirrored) pen.setTransform(-1, 0, 0, 1, canvas.width, 0);
    pen.drawImage(this.#video, (wide - width) / 2, (high - height) / 2, width, height, 0, 0, canvas.width, canvas.height);
    return jpeg(canvas);
  }

  get #settings() {
    return this.#stream?.getVideoTracks()[0]?.getSettings() ?? {};
  }

  async #devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return all.filter(({ kind }) => kind === "videoinput").map(({ deviceId }) => deviceId);
  }

  #close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }
}

const REFUSALS = {
  NotAllowedError: "The camera is blocked for this page. Allow it beside the address of the page, then start it again.",
  SecurityError: "The browser opens a camera only on a page with https.",
  NotFoundError: "There is no camera on this device.",
  OverconstrainedError: "There is no camera on this device.",
  NotReadableError: "The camera gives no picture. Another program may be using it.",
};

export function refusal(error) {
  return REFUSALS[error.name] ?? "The camera could not be opened.";
}
