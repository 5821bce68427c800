/* What was typed outlives a lost line and a lost session: the server keeps it, and until it has said so the browser does. */
const name = (form) => `darkroom:draft:${form.dataset.keep}`;

export function keep(form, words) {
  try {
    localStorage.setItem(name(form), words);
  } catch {
    // No room, or not allowed: the server's copy has to do.
  }
}

export function saved(form, words) {
  try {
    if (localStorage.getItem(name(form)) === words) localStorage.removeItem(name(form));
  } catch {
    // As above.
  }
}

/* Words that the server never confirmed, or null. */
export function keptWords(form) {
  try {
    return localStorage.getItem(name(form));
  } catch {
    return null;
  }
}
