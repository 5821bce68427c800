/* Tell whether a pressed key belongs to the field in focus, so that no shortcut takes it: every key where text is
   written or an option chosen, and in the other fields only those that tick or move them. */
const WRITTEN = "input:not([type='checkbox'], [type='radio'], [type='range']), textarea, select, [contenteditable]";
const MOVED = "input[type='radio'], input[type='range']";
const MOVES = /^(Arrow|Home|End|Page)/;

export function isWriting({ key, target }) {
  if (target.closest?.(WRITTEN)) return true;
  return Boolean((key === " " && target.closest?.("input")) || (MOVES.test(key) && target.closest?.(MOVED)));
}
