/* Count whole seconds down by the clock, not by the number of ticks: a busy page skips some. `tick` gets each second
   that is left, from the first to 1. Return true at zero, or false if `signal` ended it before. */
const LOOK_MS = 50;

export function countdown(seconds, tick, signal) {
  const end = performance.now() + 1000 * seconds;
  let told = 0;
  return new Promise((done) => {
    const look = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (signal.aborted || left <= 0) {
        clearInterval(timer);
        done(!signal.aborted);
      } else if (left !== told) {
        told = left;
        tick(left);
      }
    };
    const timer = setInterval(look, LOOK_MS);
    signal.addEventListener("abort", look);
    look();
  });
}
