/* Lay over the picture where it is not as it was: since its parent, or since the thread's first picture. */
import { toast } from "../kit/toasts.js";

export function attach(button) {
  const stage = button.closest("[data-thread]").querySelector("#thread-stage");
  const { threadDrift: address, image, from } = button.dataset;
  const whose = [...(from ? [["parent", `Since turn ${from}`]] : []), ...(from === "0" ? [] : [["start", "Since turn 0"]])];

  button.addEventListener("click", async () => {
    if (button.ariaPressed === "true") return close();
    const found = await Promise.all(whose.map(measure));
    const shown = found.filter(({ heat }) => heat);
    if (!shown.length) return toast(found[0]?.sentence ?? "The pictures could not be compared. Try again in a moment.", "error");
    open(shown);
  });

  async function measure([against, name]) {
    const answer = await fetch(`${address}?against=${against}&image=${image}`).catch(() => null);
    if (!answer?.ok) return { sentence: (await answer?.json().catch(() => null))?.error?.message };
    return { name, percent: answer.headers.get("Drift"), heat: URL.createObjectURL(await answer.blob()) };
  }

  function open(shown) {
    const picture = stage.querySelector(`[data-output="${CSS.escape(image)}"] .tile-open img`);
    if (!picture) return;
    const over = Object.assign(document.createElement("div"), { className: "thread-over thread-drift" });
    const heat = Object.assign(new Image(), { alt: "Where the picture is not as it was" });
    const caption = Object.assign(document.createElement("p"), { className: "thread-caption" });
    for (const each of shown) {
      const choice = Object.assign(document.createElement("button"), { type: "button", className: "button button-small button-quiet", textContent: `${each.name}: ${each.percent} % changed` });
      choice.addEventListener("click", () => choose(choice, each));
      caption.append(choice);
    }
    const choose = (choice, each) => {
      heat.src = each.heat;
      for (const other of caption.children) other.ariaPressed = String(other === choice);
    };
    choose(caption.firstElementChild, shown[0]);
    over.append(Object.assign(new Image(), { src: picture.currentSrc, alt: "" }), heat, caption);
    stage.querySelector(".thread-over")?.remove();
    stage.append(over);
    button.ariaPressed = "true";
  }

  function close() {
    stage.querySelector(".thread-drift")?.remove();
    button.ariaPressed = "false";
  }
}
