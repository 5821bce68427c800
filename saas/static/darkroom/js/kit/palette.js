/* Find pages, actions and settings by a few letters, on Ctrl/Cmd+K, and by their names what the server knows: runs,
   members, keys, collections. Links of the page that carry data-palette are there at once, and without a server. */
const MAX_SHOWN = 12;
const REST_MS = 150; // after the last letter, before the server is asked

/* Return where the letters of the query are in the name, or null: those of one word in order, words in any order. */
function match(query, name) {
  const low = name.toLowerCase();
  const hits = query.toLowerCase().trim().split(/\s+/).map((word) => matchWord(word, low));
  if (hits.includes(null)) return null;
  return { places: hits.flatMap((hit) => hit.places), worth: hits.reduce((sum, hit) => sum + hit.worth, 0) };
}

/* Letters in a row and beginnings of words are worth more, so "us" finds Usage before Focus. */
function matchWord(word, low) {
  const places = [];
  let worth = 0;
  let from = 0;
  for (const letter of word) {
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
  return found;
}

async function ask(find, query, signal) {
  const answer = await fetch(`${find}?${new URLSearchParams(query ? { q: query } : {})}`, { signal });
  if (!answer.ok) return [];
  const { data } = await answer.json();
  return data.map((entry) => ({ ...entry, url: new URL(entry.url, location.href).href }));
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
  let entries = new Map();
  let told = { query: "", found: [] }; // what the server found, and for which words
  const asking = new Map(); // what the server is asked for: all places, and what is called so
  let chosen = 0;

  const choose = (at) => {
    const options = [...list.children];
    chosen = options.length ? (at + options.length) % options.length : 0;
    for (const [index, option] of options.entries()) option.setAttribute("aria-selected", String(index === chosen));
    options[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
  };

  const filter = () => {
    const places = [...entries.values()]
      .map((entry) => ({ entry, hit: match(input.value, entry.name) }))
      .filter(({ hit }) => hit)
      .sort((a, b) => b.hit.worth - a.hit.worth);
    const named = told.query === input.value.trim() ? told.found.map((entry) => ({ entry, hit: { places: [] } })) : [];
    const hits = [...places.slice(0, Math.max(MAX_SHOWN - named.length, 4)), ...named].slice(0, MAX_SHOWN);
    list.replaceChildren(...hits.map(({ entry, hit }, at) => drawOption(entry, hit.places, at)));
    none.hidden = hits.length > 0 || asking.size > 0;
    choose(0);
  };

  const look = async (what, query, put) => {
    if (!dialog.dataset.find) return;
    asking.get(what)?.abort();
    const mine = new AbortController();
    asking.set(what, mine);
    const found = await ask(dialog.dataset.find, query, mine.signal).catch(() => null);
    if (mine !== asking.get(what)) return; // the person typed on
    asking.delete(what);
    if (found) put(found);
    filter();
  };

  let resting = 0;
  const type = () => {
    clearTimeout(resting);
    const query = input.value.trim();
    filter();
    if (query.length > 1) resting = setTimeout(look, REST_MS, "named", query, (found) => {
      told = { query, found };
    });
  };

  const go = (option, inNewTab) => {
    if (!option) return;
    dialog.close(); // the place may be on this very page
    if (inNewTab) open(option.dataset.url, "_blank", "noopener");
    else location.assign(option.dataset.url);
  };

  input.addEventListener("input", type);
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
    input.focus();
    look("places", "", (found) => {
      for (const entry of found) if (!entries.has(entry.url)) entries.set(entry.url, entry);
    });
    filter();
  }).observe(dialog, { attributeFilter: ["open"] });

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else if (!document.querySelector("dialog[open]")) dialog.showModal();
  });
}
