/* Let a table be dropped anywhere on the form of a new sheet: a ZIP goes where pictures are, everything else is the
   table. */
export function attach(form) {
  const field = (file) => form.elements.namedItem(/\.zip$/i.test(file.name) ? "pictures" : "file");

  form.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    form.dataset.over = "yes";
  });
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) delete form.dataset.over;
  });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    delete form.dataset.over;
    for (const file of event.dataTransfer.files) {
      const chosen = new DataTransfer();
      chosen.items.add(file);
      field(file).files = chosen.files;
      field(file).dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}
