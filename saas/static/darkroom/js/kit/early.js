/* Hold back what is pressed before its module has arrived, and repeat it then: else a key would be lost, and a form or
   a link would leave the page. After LONGEST_MS at most, all works as it does without script. */
import { isWriting } from "./typing.js";

const LONGEST_MS = 2000;
const PRESSED = "a, button";

const onTheWay = new Set();
let turn = Promise.resolve();
let isAgain = false;

export function expect(module) {
  onTheWay.add(module);
  module.finally(() => onTheWay.delete(module));
}

/* What a browser does by itself is not held: typing, ticking, scrolling, moving the focus, opening in another tab. */
const holds = {
  submit: () => true,
  change: () => true, // it has changed; modules get the event when they are there
  click: (event) => !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.target.closest(PRESSED),
  keydown: (event) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey) return key === "Enter" || key.toLowerCase() === "k";
    return key.length === 1 && key !== " " && !altKey && !isWriting(event);
  },
};

const again = {
  submit: ({ target, submitter }) => target.requestSubmit(submitter),
  change: ({ target }) => target.dispatchEvent(new Event("change", { bubbles: true })),
  click: ({ target }) => target.closest(PRESSED).click(),
  keydown: (event) => event.target.dispatchEvent(new KeyboardEvent("keydown", event)),
};

function hold(event) {
  if (isAgain || !event.isTrusted || onTheWay.size === 0 || !holds[event.type](event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const moment = new Promise((resolve) => setTimeout(resolve, LONGEST_MS));
  turn = Promise.race([Promise.allSettled([turn, ...onTheWay]), moment]).then(() => repeat(event));
}

function repeat(event) {
  if (!event.target.isConnected) return;
  isAgain = true;
  try {
    again[event.type](event);
  } finally {
    isAgain = false;
  }
}

for (const type of Object.keys(holds)) addEventListener(type, hold, true);
