/* Pictures of a collection change places: by the two arrows of the bar, for the one that is chosen. */
export function attach(wall) {
  const address = wall.dataset.order;
  const form = document.getElementById("chosen");
  if (!address || !form) return;

  async function send() {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const shot of wall.querySelectorAll("[data-shot]")) data.append("picture", shot.dataset.shot);
    await fetch(address, { method: "POST", body: data, headers: { "HX-Request": "true" } });
  }

  for (const button of form.querySelectorAll("[data-move]")) {
    button.addEventListener("click", () => {
      const shot = wall.querySelector(".shot:has(.shot-pick :checked)");
      const other = button.dataset.move === "1" ? shot?.nextElementSibling : shot?.previousElementSibling;
      if (!other) return;
      if (button.dataset.move === "1") other.after(shot);
      else other.before(shot);
      shot.scrollIntoView({ block: "nearest" });
      send();
    });
  }
}
