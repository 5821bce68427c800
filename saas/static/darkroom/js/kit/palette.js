/* Find every link of the page that carries data-palette by a few letters, on Ctrl/Cmd+K. */
const MAX_SHOWN = 12;

/* Return where the letters of the query are in the name, in order, or null. Letters in a row and beginnings of words
   are worth more, so "us" finds Usage before Focus. */
function match(query, name) {
  const low = name.toLowerCase();
  const places = [];
  let worth = 0;
  let from = 0;
  for (const letter of query.toLowerCase().replaceAll(" ", "")) {
    const at = low.indexOf(letter, from);
    if (at < 0) return null;
    if (at === places.at(-1) + 1) worth += 3;
    if (at === 0 || low[at - 1] === " ") worth += 4;
    worth -= (at - from) / 10;
    places.push(at);
    from = at + 1;
  }
  return { places, worth };
}

function collect() {
  const found = new Map();
  for (const link of document.querySelectorAll("a[data-palette]")) {
    const label = (link.querySelector("span:not(.face)") ?? link).cloneNode(true);
    label.querySelector("small")?.remove();
    const icon = link.querySelector(".icon, .face");
    found.set(link.href, { url: link.href, name: label.textContent.trim(), group: link.dataset.palette, icon });
  }
  return [...found.values()];
}

function drawName({ name }, places) {
  const span = document.createElement("span");
  const marked = new Set(places);
  for (const [at, letter] of [...name].entries()) {
    const piece = marked.has(at) ? document.createElement("mark") : document.createTextNode(letter);
    if (marked.has(at)) piece.textContent = letter;
    span.append(piece);
  }
  return span;
}

function drawOption(entry, places, at) {
  const option = document.createElement("div");
  option.className = "palette-item";
  option.id = `palette-option-${at}`;
  option.setAttribute("role", "option");
  option.dataset.url = entry.url;
  const group = document.createElement("small");
  group.textContent = entry.group;
  option.append(...[entry.icon?.cloneNode(true), drawName(entry, places), group].filter(Boolean));
  return option;
}

export function attach(dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role='listbox']");
  const none = dialog.querySelector(".palette-none");
  let entries = [];
  let chosen = 0;

  const choose = (at) => {
    const options = [...list.children];
    chosen = options.length ? (at + options.length) % options.length : 0;
    for (const [index, option] of options.entries()) option.setAttribute("aria-selected", String(index === chosen));
    options[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
  };

  const filter = () => {
    const hits = entries
      .map((entry) => ({ entry, hit: match(input.value, entry.name) }))
      .filter(({ hit }) => hit)
      .sort((a, b) => b.hit.worth - a.hit.worth)
      .slice(0, MAX_SHOWN);
    list.replaceChildren(...hits.map(({ entry, hit }, at) => drawOption(entry, hit.places, at)));
    none.hidden = hits.length > 0;
    choose(0);
  };

  const go = (option, inNewTab) => {
    if (!option) return;
    dialog.close(); // the place may be on this very page
    if (inNewTab) open(option.dataset.url, "_blank", "noopener");
    else location.assign(option.dataset.url);
  };

  input.addEventListener("input", filter);
  input.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, Home: 0, End: -1 };
    if (event.key in moves) {
      event.preventDefault();
      choose(moves[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(list.children[chosen], event.metaKey || event.ctrlKey);
    }
  });
  list.addEventListener("click", (event) => {
    go(event.target.closest(".palette-item"), event.metaKey || event.ctrlKey);
  });

  // Open it empty and with fresh links, however it is opened.
  new MutationObserver(() => {
    if (!dialog.open) return;
    entries = collect();
    input.value = "";
    filter();
    input.focus();
  }).observe(dialog, { attributeFilter: ["open"] });

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else if (!document.querySelector("dialog[open]")) dialog.showModal();
  });
}
