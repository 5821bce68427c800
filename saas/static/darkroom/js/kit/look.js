/* Change the look at once, and tell the server in the background. */
export function attach(form) {
  form.addEventListener("submit", async (event) => {
    const look = event.submitter?.value;
    if (!look) return;
    event.preventDefault();
    const before = document.documentElement.dataset.look;
    show(look);
    const body = new FormData(form, event.submitter);
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    // A redirect means success here, and fetch reports it as an opaque one.
    if (!answer || (!answer.ok && answer.type !== "opaqueredirect")) show(before);
  });
}

function show(look) {
  document.documentElement.dataset.look = look;
  for (const button of document.querySelectorAll("[data-look-form] [name='look']")) {
    button.setAttribute("aria-pressed", String(button.value === look));
  }
}
