/** A fake kernel behind the Gallery widget. */
import { vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/gallery.json";
import type { Item, ToKernel, Traits } from "../../src/contract/gallery";
import widget from "../../src/widgets/gallery/index";
import { fakeModel } from "../fake_model";
import { initialized, view as viewOf } from "../page";

export const item = (part: Partial<Item> = {}): Item => ({ ...contract.items.item, ...part });

/** Items whose seeds are their places; the first is the newest. */
export const many = (count: number, part: (at: number) => Partial<Item> = () => ({})): Item[] =>
  Array.from({ length: count }, (_, at) => item({ seed: String(at), created: 1000 - at, ...part(at) }));

/** A kernel side that tells its items, a hundred at a time. */
export function kernel(
  items: Item[],
  { traits = {}, busy = false }: { traits?: Partial<Traits>; busy?: boolean } = {},
) {
  const answer = (said: unknown) => {
    const message = said as ToKernel;
    if (busy || (message.kind !== "hello" && message.kind !== "more")) return undefined;
    const start = message.kind === "more" ? message.start : 0;
    return {
      kind: "items",
      view: message.view,
      start,
      total: items.length,
      items: items.slice(start, start + 100),
      thumbs: message.kind === "hello" ? message.count : 0,
      px: message.kind === "hello" ? message.px : 0,
    };
  };
  return fakeModel<Traits>({ ...(contract.traits as unknown as Traits), ...traits }, {}, answer);
}

/** The model alone: views come later. */
export function opened(fake: ReturnType<typeof kernel>) {
  const made = widget();
  return { ...initialized<Traits>(made, fake.model), view: () => view(fake, made) };
}

export function view(fake: ReturnType<typeof kernel>, made = widget()) {
  const shown = viewOf<Traits>(made, fake.model);
  const at = (place: number) => `[data-place="${place}"]`;
  return {
    ...shown,
    cell: (place: number) => shown.find(at(place)),
    seeds: () =>
      shown
        .all(".ig-gallery-cell")
        .sort((a, b) => Number(a.dataset["place"]) - Number(b.dataset["place"]))
        .map((cell) => cell.querySelector(".ig-gallery-cell__facts")?.textContent?.replace("seed ", "")),
    press: (place: number, key: string, keys: KeyboardEventInit = {}) => shown.press(at(place), key, keys),
    click: (place: number, keys: MouseEventInit = {}) =>
      shown.find(at(place)).dispatchEvent(new MouseEvent("click", { bubbles: true, ...keys })),
  };
}

export const settle = () => vi.advanceTimersByTimeAsync(50);
export const kinds = (sent: unknown[], kind: string) =>
  sent.filter((message) => (message as ToKernel).kind === kind) as Record<string, unknown>[];
