/* Propose an address while a name is typed, until the person writes an address of their own. */
export function attach(form) {
  const name = form.elements[form.dataset.slugFrom];
  const slug = form.elements[form.dataset.slugTo];
  let isOwn = slug.value !== "";
  slug.addEventListener("input", () => {
    isOwn = slug.value !== "";
  });
  const propose = () => {
    if (!isOwn) slug.value = slugOf(name.value);
  };
  name.addEventListener("input", propose);
  propose(); // the name may have been typed before this module came
}

function slugOf(text) {
  const plain = text.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "");
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, 40).replace(/-+$/, "");
}
