/**
 * Keys pressed in a view are the view's. JupyterLab's command mode would delete a cell on "d d"; it leaves alone what has
 * this attribute, but looks for it on the focused element before it looks at any parent.
 */
export function keepShortcutsOut(el: HTMLElement, life: AbortSignal): void {
  const mark = ({ target }: Event) => {
    if (target instanceof Element) target.setAttribute("data-lm-suppress-shortcuts", "true");
  };
  el.addEventListener("focusin", mark, { signal: life });
}
