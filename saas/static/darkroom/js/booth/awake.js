/* Keep the screen on while `isWanted`, also after the page was hidden for a while. Browsers without it go dark. */
export function stayAwake(isWanted = () => true) {
  const ask = () => {
    if (!document.hidden && isWanted()) navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}

/* Fill the screen. A browser does it only after a press, and without a word if it cannot. */
export async function fillScreen() {
  const page = document.documentElement;
  if (!document.fullscreenElement) await page.requestFullscreen?.({ navigationUI: "hide" }).catch(() => {});
}
