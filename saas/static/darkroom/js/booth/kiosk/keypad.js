/* Ask for digits on keys that are large enough for a finger; a keyboard works as well. `check(digits)` returns a sentence
   if they are wrong, and nothing if they are right: then the keypad closes. */
const MOST_DIGITS = 12;

export function keypad(dialog) {
  const part = (name) => dialog.querySelector(`[data-keypad-${name}]`);
  const [shown, fault] = [part("shown"), part("fault")];
  let asked = null;
  let digits = "";

  function show() {
    shown.textContent = asked.isSecret ? "•".repeat(digits.length) : digits;
  }

  function say(sentence) {
    fault.hidden = !sentence;
    fault.textContent = sentence;
  }

  async function press(key) {
    say("");
    if (/^\d$/.test(key) && digits.length < MOST_DIGITS) digits += key;
    else if (key === "back") digits = digits.slice(0, -1);
    else if (key === "enter" && digits) {
      const tried = digits;
      digits = "";
      show();
      const sentence = await asked.check(tried);
      if (sentence) say(sentence);
      else dialog.close();
    }
    show();
  }

  part("keys").addEventListener("click", ({ target }) => {
    const key = target.closest("button")?.value;
    if (key) press(key);
  });
  part("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    const key = { Backspace: "back", Enter: "enter" }[event.key] ?? event.key;
    if (!/^(\d|back|enter)$/.test(key) || (key === "enter" && event.target.closest("button"))) return;
    event.preventDefault();
    press(key);
  });

  return {
    ask(question) {
      asked = question;
      digits = "";
      part("title").textContent = question.title;
      say("");
      show();
      dialog.showModal();
    },
    close: () => dialog.close(),
  };
}
