/* Ask the server for pieces. A session that has ended and a page that is older than its session are distinguished from
   refusals, because what a person typed must outlive both. */
export class SignedOut extends Error {}

export async function ask(url, options = {}) {
  const headers = { "HX-Request": "true", Accept: "text/html", ...options.headers };
  const answer = await fetch(url, { ...options, headers, redirect: "manual" });
  if (answer.type === "opaqueredirect") throw new SignedOut();
  return answer;
}

/* Send a form's fields. When the token of this page is not valid any more (signed in again in another tab), fetch a
   fresh one and try once more. */
export async function send(url, form, body = new FormData(form)) {
  const answer = await ask(url, { method: "POST", body });
  if (answer.status !== 403) return answer;
  const token = piece(await (await ask(form.dataset.page)).text()).querySelector("[name='csrfmiddlewaretoken']")?.value;
  if (!token) return answer;
  for (const field of document.querySelectorAll("[name='csrfmiddlewaretoken']")) field.value = token;
  body.set("csrfmiddlewaretoken", token);
  return ask(url, { method: "POST", body });
}

export function piece(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/* Do what htmx does with a piece that it has fetched: its attributes work, and our modules attach. */
export function welcome(element) {
  globalThis.htmx?.process(element);
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: element } }));
}
