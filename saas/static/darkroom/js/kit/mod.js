/* Write key hints as they are printed on this person's keyboard. */
const isApple = /Mac|iPhone|iPad/.test(navigator.userAgentData?.platform ?? navigator.platform);

export function attach(hint) {
  if (isApple) hint.textContent = "⌘";
}
