/* Take words, settings and pictures of an earlier run into the prompt bar. The link's own address does it without
   script. */
export function attach(link) {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || !document.querySelector("[data-prompt]")) return;
    event.preventDefault();
    link.closest("details")?.removeAttribute("open");
    const query = link.getAttribute("href").split("?")[1];
    document.dispatchEvent(new CustomEvent("bar:fill", { detail: { query } }));
  });
}
