/* Messages come faster than anybody sees: they are gathered and told once a frame, and of several pictures on the way to
   one place only the newest. */
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
    waiting.delete(place); // a picture that would be covered in the same frame
    waiting.set(event.type === "partial" ? place : `${place} ${count++}`, event);
    plans ??= { frame: requestAnimationFrame(flush), timer: setTimeout(flush, LATEST_MS) };
  };
}
