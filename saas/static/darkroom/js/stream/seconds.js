/* Show once a second how long each tile has been developing. */
export function attach(stream) {
  const tell = () => {
    if (document.hidden) return;
    for (const time of stream.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time.dataset.since)) / 1000));
      const said = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (time.textContent !== said) time.textContent = said; // else each call would wake the observer
    }
  };
  setInterval(tell, 1000);
  const brings = ({ addedNodes }) => [...addedNodes].some((each) => each.querySelector?.("[data-since]"));
  const look = new MutationObserver((changes) => changes.some(brings) && tell());
  look.observe(stream, { childList: true, subtree: true });
  tell();
}
