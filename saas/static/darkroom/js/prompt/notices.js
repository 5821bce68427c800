/* Show above the prompt what concerns every run for a while, and count down to its end. */
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS = [
  [2 * DAY, DAY, "days"],
  [2 * HOUR, HOUR, "hours"],
  [2 * MINUTE, MINUTE, "minutes"],
];

/* Put fresh notices in the place of those that are shown, unless they say the same. */
export function notify(form, fresh) {
  const shown = form.querySelector("[data-notices-shown]");
  if (!shown || !fresh) return;
  const next = fresh.content.cloneNode(true);
  if (moments(next) !== moments(shown)) shown.replaceChildren(next);
  tell(shown);
}

export function attach(shown) {
  tell(shown);
  setInterval(() => !document.hidden && tell(shown), 1000);
}

function tell(shown) {
  for (const time of shown.querySelectorAll("[data-until]")) {
    const seconds = Math.ceil((Date.parse(time.dataset.until) - Date.now()) / 1000);
    const said = seconds > 0 ? `in ${words(seconds)}` : "now";
    if (time.textContent !== said) time.textContent = said;
    if (seconds > 0 || "isOver" in time.dataset) continue;
    time.dataset.isOver = "";
    document.dispatchEvent(new CustomEvent("notice:over"));
  }
}

function words(seconds) {
  const [, unit, name] = UNITS.find(([least]) => seconds >= least) ?? [0, 1, "seconds"];
  return `${Math.ceil(seconds / unit)} ${seconds === 1 ? "second" : name}`;
}

/* Return what the notices say and until when, without what the countdown has written into them. */
function moments(root) {
  const notices = [...root.querySelectorAll(".bar-notice")].map((each) => each.cloneNode(true));
  for (const time of notices.flatMap((each) => [...each.querySelectorAll("[data-until]")])) {
    time.textContent = time.dataset.until;
  }
  return notices.map((each) => each.textContent).join();
}
