/** Which pictures are shown, and in what order. */
import type { Item } from "../../contract/gallery";

export const SORTS = {
  newest: "Newest first",
  oldest: "Oldest first",
  model: "Model",
  seed: "Seed",
  seconds: "Fastest first",
  cost: "Cheapest first",
} as const;

export type Sort = keyof typeof SORTS;

export interface Wish {
  text: string;
  /** "" for every model. */
  model: string;
  starred: boolean;
  sort: Sort;
}

export const EVERYTHING: Wish = { text: "", model: "", starred: false, sort: "newest" };

const known = new WeakMap<Item, string>();

function words(item: Item): string {
  const found = known.get(item) ?? `${item.prompt}\n${item.model}\n${item.seed}`.toLowerCase();
  known.set(item, found);
  return found;
}

const unknownLast = (a: number | null, b: number | null): number => {
  if (a === b) return 0;
  if (a === null) return 1;
  return b === null ? -1 : a - b;
};

const seedOf = ({ seed }: Item): number | null => (seed === "" ? null : Number(seed));

const COMPARE: Record<Sort, (a: Item, b: Item) => number> = {
  newest: () => 0,
  oldest: (a, b) => a.created - b.created,
  model: (a, b) => a.model.localeCompare(b.model),
  seed: (a, b) => unknownLast(seedOf(a), seedOf(b)),
  seconds: (a, b) => unknownLast(a.seconds, b.seconds),
  cost: (a, b) => unknownLast(a.amount, b.amount),
};

/** The indices of the items to show. Every word of the text must be in prompt, model or seed; ties are newest first. */
export function ordered(items: readonly Item[], { text, model, starred, sort }: Wish): number[] {
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (item: Item) =>
    (model === "" || item.model === model) &&
    (!starred || item.starred) &&
    asked.every((word) => words(item).includes(word));
  const chosen = [...items.keys()].filter((index) => fits(items[index] as Item));
  const compare = COMPARE[sort];
  const newer = (a: Item, b: Item) => b.created - a.created;
  return chosen.sort((i, j) => {
    const [a, b] = [items[i] as Item, items[j] as Item];
    return compare(a, b) || newer(a, b);
  });
}

/** Every model once, by name. */
export const models = (items: readonly Item[]): string[] =>
  [...new Set(items.map(({ model }) => model))].filter(Boolean).sort((a, b) => a.localeCompare(b));
