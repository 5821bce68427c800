/* Call `over` when a guest has left: after the seconds of a step without a touch, the last of which are announced. */
const SAID_SECONDS = 10;
const TICK_MS = 250;

export function idle({ root, over, left }) {
  let seconds = 0;
  let touched = 0;
  setInterval(() => {
    if (!seconds) return;
    const still = Math.ceil(seconds - (performance.now() - touched) / 1000);
    if (still <= 0) {
      seconds = 0;
      left(0);
      over();
    } else left(still <= SAID_SECONDS ? still : 0);
  }, TICK_MS);
  const touch = () => {
    touched = performance.now();
  };
  for (const type of ["pointerdown", "keydown", "scroll", "input"]) root.addEventListener(type, touch, true);

  /* Begin to count for a step; 0: for as long as it takes. */
  return (next) => {
    seconds = next;
    touch();
    left(0);
  };
}
