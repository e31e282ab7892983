/** The items of a gallery as they come from the kernel, piece by piece, each piece asked for. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { GalleryContract, Item } from "../../contract/gallery";
import type { Binding } from "../../model/binding";
import { insist } from "../../model/insist";

export interface Items {
  items: ReadonlySignal<readonly Item[]>;
  /** Null until the kernel has spoken. */
  total: ReadonlySignal<number | null>;
  star(index: number, starred: boolean): void;
}

type Ask = Extract<GalleryContract["toKernel"], { kind: "hello" | "more" }>;

/** What fits into a new view, so that its pictures come with the first items. */
export interface Room {
  count: number;
  px: number;
}

export function itemsOf(
  { on, send, whenGone, life }: Binding<GalleryContract>,
  view: string,
  room: Room,
): Items {
  const items = signal<readonly Item[]>([]);
  const total = signal<number | null>(null);
  const asking = insist<Ask>(send, life);
  whenGone(asking.again); // is it really gone?
  const mark = (indices: readonly number[], starred: boolean) => {
    const marked = new Set(indices);
    items.value = items.value.map((item, index) =>
      marked.has(index) && item.starred !== starred ? { ...item, starred } : item,
    );
  };
  on("items", (message) => {
    if (message.view !== "" && message.view !== view) return;
    total.value = message.total;
    const here = items.value.length;
    if (message.start <= here && message.start + message.items.length > here) {
      items.value = [...items.value, ...message.items.slice(here - message.start)];
    }
    asking.heard();
    if (items.value.length < message.total) asking.say({ kind: "more", view, start: items.value.length });
  });
  on("stars", ({ indices, starred }) => mark(indices, starred));
  if (total.value === null) asking.say({ kind: "hello", view, ...room });
  return {
    items,
    total,
    star(index, starred) {
      mark([index], starred);
      send({ kind: "star", index, starred });
    },
  };
}
