/* Copy the text (or the value) of the element that data-copy="#id" names, and show a check for a moment. */
import { toast } from "./toasts.js";

export function attach(button) {
  const use = button.querySelector("use");
  const address = use?.getAttribute("href");
  let timer;
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      // No clipboard without HTTPS or permission: select it, so that the person's own keys can copy it.
      getSelection().selectAllChildren(source);
      toast("Selected. Press Ctrl+C or ⌘C to copy.", "success");
      return;
    }
    use?.setAttribute("href", address.replace(/#.*/, "#check"));
    button.dataset.copied = "";
    toast("Copied", "success");
    clearTimeout(timer);
    timer = setTimeout(() => {
      use?.setAttribute("href", address);
      delete button.dataset.copied;
    }, 2000);
  });
}
