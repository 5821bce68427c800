/* Show and hide a password in the field that the button controls. */
export function attach(button) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const use = button.querySelector("use");
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, shown ? "#eye-off" : "#eye"));
    input.focus();
  });
}
