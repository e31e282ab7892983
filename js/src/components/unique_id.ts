/** Ids of elements, for labels and descriptions. */
import { useState } from "preact/hooks";

/** An id that nothing else on the page has: Preact's own `useId` counts anew for each widget. */
export function useUniqueId(): string {
  const [id] = useState(() => `ig-${Math.random().toString(36).slice(2)}`);
  return id;
}
