/* Keep what was typed through a lost connection or session: in the browser, until the server has confirmed its copy. */
const name = (form) => `darkroom:draft:${form.dataset.keep}`;

export function keep(form, words) {
  try {
    localStorage.setItem(name(form), words);
  } catch {
    // No room, or not allowed: only the server keeps a copy.
  }
}

export function saved(form, words) {
  try {
    if (localStorage.getItem(name(form)) === words) localStorage.removeItem(name(form));
  } catch {
    // As above.
  }
}

/* Return words that the server never confirmed, or null. */
export function keptWords(form) {
  try {
    return localStorage.getItem(name(form));
  } catch {
    return null;
  }
}
