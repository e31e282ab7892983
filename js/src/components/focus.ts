/** What has the keyboard, also inside a shadow tree; none for an element that is in no page. */
export function focusedIn(element: Element): Element | null {
  const root = element.getRootNode() as Node & Partial<DocumentOrShadowRoot>;
  return root.activeElement ?? null;
}

/** Whether the keyboard is at an element, or within it. */
export const hasKeyboard = (element: Element | null): boolean =>
  element?.contains(focusedIn(element)) ?? false;
