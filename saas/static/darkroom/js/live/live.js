/* Keep the tab's one socket. Its messages are hints: modules listen for `live:<type>` on the document and fetch the
   state by HTTP. A page works without it. */
import { gatherer } from "./gather.js";
import { toast } from "../kit/toasts.js";

const ACCESS_ENDED = 4403;
const STRANGER = 4404;
const RESTARTING = 4012;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

export function attach(element) {
  let pause = FIRST_PAUSE;
  let last = 0;
  const tell = gatherer((event) => document.dispatchEvent(new CustomEvent(`live:${event.type}`, { detail: event })));

  function connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${element.dataset.live}`);
    socket.addEventListener("message", ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "hello") return welcome();
      tell(event);
    });
    socket.addEventListener("close", ({ code }) => {
      document.dispatchEvent(new CustomEvent("live:down"));
      if (code === STRANGER) return;
      if (code === ACCESS_ENDED) {
        toast("Your access changed. Reload the page.", "warning");
        return;
      }
      if (code === RESTARTING) {
        // Another process accepts us at once; not all tabs in the same moment.
        setTimeout(connect, (Math.random() * FIRST_PAUSE) / 2);
        return;
      }
      setTimeout(connect, pause * (0.5 + Math.random() / 2));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    });
  }

  function welcome() {
    pause = FIRST_PAUSE;
    document.dispatchEvent(new CustomEvent("live:up"));
    // Something may have happened while the connection was cut.
    if (last) document.dispatchEvent(new CustomEvent("live:again"));
    last = Date.now();
  }

  connect();
}
