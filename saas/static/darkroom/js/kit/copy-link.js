/* Copy the whole address of data-copy-link="/path/". */
import { toast } from "./toasts.js";

export function attach(button) {
  button.addEventListener("click", async () => {
    const address = new URL(button.dataset.copyLink, location.href).href;
    button.closest("details")?.removeAttribute("open");
    try {
      await navigator.clipboard.writeText(address);
      toast("Link copied", "success");
    } catch {
      toast(address, "success"); // no clipboard without HTTPS or permission: here it can be selected
    }
  });
}
