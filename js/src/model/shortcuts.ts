/** Keys that belong to the view, and not to the notebook around it. */

/** JupyterLab's own mark: no shortcut for a key that is pressed there. It asks the element that has the focus first. */
const MARK = "data-lm-suppress-shortcuts";

/**
 * In command mode a notebook takes arrow keys, Enter and letters before any button or slider sees them. Those with Ctrl or
 * Cmd stay the notebook's (saving, say), but for Ctrl+Enter, which runs.
 */
export function keepShortcutsOut(el: HTMLElement, life: AbortSignal): void {
  const hear = ({ target, ctrlKey, metaKey, key }: KeyboardEvent) => {
    if (!(target instanceof Element) || !el.contains(target)) return;
    const theirs = (ctrlKey || metaKey) && key !== "Enter";
    target.toggleAttribute(MARK, !theirs);
  };
  window.addEventListener("keydown", hear, { capture: true, signal: life });
}
