/** What is selected, as clicks and keys change it. Places are positions in the order that is shown. */

export interface Picking {
  /** The items that are selected, in the order in which they were. */
  chosen: readonly number[];
  /** Where a range begins. */
  anchor: number;
  /** The place that has the keyboard. */
  active: number;
}

export interface Keys {
  shift: boolean;
  toggle: boolean;
}

export const PLAIN: Keys = { shift: false, toggle: false };

const between = (order: readonly number[], a: number, b: number): number[] =>
  order.slice(Math.min(a, b), Math.max(a, b) + 1);

/** A click, or Space, at a place: alone it selects that one only, with Shift a range, with Ctrl or ⌘ one more or less. */
export function picked(before: Picking, order: readonly number[], place: number, keys: Keys): Picking {
  const item = order[place];
  if (item === undefined) return before;
  if (keys.shift) {
    const range = between(order, before.anchor, place);
    const others = keys.toggle ? before.chosen.filter((one) => !range.includes(one)) : [];
    return { chosen: [...others, ...range], anchor: before.anchor, active: place };
  }
  if (!keys.toggle) return { chosen: [item], anchor: place, active: place };
  const without = before.chosen.filter((one) => one !== item);
  const chosen = without.length === before.chosen.length ? [...without, item] : without;
  return { chosen, anchor: place, active: place };
}

/** Where a key moves to from a place; null for any other key. */
export function moved(
  key: string,
  place: number,
  { columns, count, page }: { columns: number; count: number; page: number },
): number | null {
  const last = count - 1;
  const steps: Record<string, number> = {
    ArrowLeft: place - 1,
    ArrowRight: place + 1,
    ArrowUp: place - columns >= 0 ? place - columns : place,
    ArrowDown: place + columns <= last ? place + columns : place,
    PageUp: Math.max(place % columns, place - columns * page),
    PageDown: place + columns * page,
    Home: 0,
    End: last,
  };
  const to = steps[key];
  return to === undefined ? null : Math.max(0, Math.min(last, to));
}
