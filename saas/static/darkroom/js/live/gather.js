/* Gather messages, which come faster than anyone can see, and pass them on once a frame: of several partials for one
   place only the newest. */
const LATEST_MS = 500; // a page in the background has no frames

export function gatherer(tell) {
  const waiting = new Map();
  let count = 0;
  let plans = null;

  function flush() {
    cancelAnimationFrame(plans.frame);
    clearTimeout(plans.timer);
    plans = null;
    const events = [...waiting.values()];
    waiting.clear();
    for (const event of events) tell(event);
  }

  return (event) => {
    const place = `${event.run} ${event.slot}`;
    waiting.delete(place); // drop a picture that would be covered in the same frame
    waiting.set(event.type === "partial" ? place : `${place} ${count++}`, event);
    plans ??= { frame: requestAnimationFrame(flush), timer: setTimeout(flush, LATEST_MS) };
  };
}
