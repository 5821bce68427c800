/* The stream of runs. A frame that came with its message is shown at once; for everything else the card is fetched
   again, so that the page shows what the server knows, not what a message said. */
export function attach(stream) {
  const address = stream.dataset.stream;
  const waiting = new Set();
  const asked = new Map();

  const card = (code) => stream.querySelector(`[data-run="${CSS.escape(code)}"]`);

  async function refresh(code) {
    if (waiting.has(code)) return;
    waiting.add(code);
    await new Promise((done) => setTimeout(done, 60)); // several events at once cost one fetch
    waiting.delete(code);
    const turn = (asked.get(code) ?? 0) + 1;
    asked.set(code, turn);
    const answer = await fetch(address.replace(/0{8}-0{4}-0{4}-0{4}-0{12}/, code));
    if (!answer.ok) return;
    const text = await answer.text();
    if (asked.get(code) !== turn) return; // a later answer knows more
    const template = document.createElement("template");
    template.innerHTML = text;
    const fresh = template.content.firstElementChild;
    const old = card(code);
    if (old) old.replaceWith(fresh);
    else {
      stream.querySelector(".empty")?.remove();
      stream.prepend(fresh);
    }
    globalThis.htmx?.process(fresh);
  }

  function show({ run, slot, preview }) {
    const tile = card(run)?.querySelector(`[data-slot="${slot}"]`);
    const image = tile?.querySelector("img");
    if (!image || !preview) return refresh(run);
    const next = image.cloneNode();
    next.src = `data:image/webp;base64,${preview}`;
    next.hidden = false;
    image.replaceWith(next);
    if (tile.classList.replace("tile-queued", "tile-running")) refresh(run);
  }

  document.addEventListener("live:partial", ({ detail }) => show(detail));
  for (const type of ["queued", "started", "waiting", "output", "failed", "refused", "cancelled", "unknown", "ended", "composite"]) {
    document.addEventListener(`live:${type}`, ({ detail }) => refresh(detail.run));
  }

  const liveOnes = () => [...stream.querySelectorAll('[data-live-run="yes"]')].map((each) => each.dataset.run);
  document.addEventListener("live:again", () => liveOnes().forEach(refresh));
  // Where a proxy swallows the socket, looking every few seconds still brings everything.
  setInterval(() => liveOnes().forEach(refresh), 5000);
}
