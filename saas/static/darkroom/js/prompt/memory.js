/* Walk through this person's earlier prompts by Alt+↑ and Alt+↓, with the current words as the newest, and propose the
   organization's projects. Both are fetched when they are first wanted. */
let known = null;

export function attach(words) {
  const form = words.closest("form");
  let at = -1;
  let inHand = "";
  words.addEventListener("input", (event) => {
    if (event.isTrusted) at = -1;
  });
  words.addEventListener("keydown", async (event) => {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step || !event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { prompts } = await remembered(form);
    if (at < 0) inHand = words.value;
    const others = prompts.filter((prompt) => prompt !== inHand);
    at = Math.min(Math.max(at + step, -1), others.length - 1);
    words.value = at < 0 ? inHand : others[at];
    words.setSelectionRange(words.value.length, words.value.length);
    words.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.addEventListener("focusin", async ({ target }) => {
    if (target.name !== "project" || target.list.children.length) return;
    const { projects } = await remembered(form);
    target.list.replaceChildren(...projects.map((name) => Object.assign(document.createElement("option"), { value: name })));
  });
  document.addEventListener("bar:sent", () => {
    known = null;
    at = -1;
  });
}

async function remembered(form) {
  known ??= fetch(form.dataset.memory, { headers: { Accept: "application/json" } }).then((answer) => answer.json());
  return known.catch(() => {
    known = null;
    return { prompts: [], projects: [] };
  });
}
