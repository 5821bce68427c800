/* Give a page the colours of its event, from data-colour and data-background, and an ink that can be read on each. */
export function brand(root) {
  const { colour, background } = root.dataset;
  const set = (name, value) => root.style.setProperty(name, value);
  if (isColour(colour)) {
    set("--event", colour);
    set("--event-ink", inkOn(colour));
  }
  if (!isColour(background)) return;
  const ink = inkOn(background);
  set("--paper", background);
  set("--ground-texture", "none");
  set("--ink", ink);
  set("--ink-soft", ink);
  for (const name of ["--surface", "--raised"]) set(name, `color-mix(in srgb, ${background} 92%, ${inkOn(ink)})`);
  set("--sunken", `color-mix(in srgb, ${background} 94%, ${ink})`);
  set("--line-control", `color-mix(in srgb, ${background} 40%, ${ink})`);
}

const isColour = (text) => /^#[0-9a-f]{6}$/i.test(text ?? "");

/* Return black or white, whichever has the higher contrast by WCAG. */
function inkOn(colour) {
  if (colour.length < 7) return colour === "#fff" ? "#000" : "#fff";
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}
