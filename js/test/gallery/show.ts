/** The Gallery widget on a page, with a fake kernel behind it. */
import type { InitializeProps, RenderProps } from "@anywidget/types";
import { afterEach, beforeEach, vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/gallery.json";
import type { Item, ToKernel, Traits } from "../../src/contract/gallery";
import widget from "../../src/widgets/gallery/index";
import { fakeBrowser } from "../browser";
import { fakeModel } from "../fake_model";

type View = ReturnType<typeof view>;
const open = new Set<View>();

/** For each test of a file: fake timers and browser before, and after it no view that could disturb the next. */
export function onFakePage(): { browser: ReturnType<typeof fakeBrowser> } {
  const page = {} as { browser: ReturnType<typeof fakeBrowser> };
  beforeEach(() => {
    vi.useFakeTimers();
    page.browser = fakeBrowser();
  });
  afterEach(async () => {
    for (const one of open) one.end();
    await vi.runAllTimersAsync();
    vi.useRealTimers();
  });
  return page;
}

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

/** What a host does when the kernel opens a model: views come later, and `end` when the kernel closes it. */
export function opened(fake: ReturnType<typeof kernel>) {
  const made = widget();
  const host = new AbortController();
  const clean = made.initialize({
    model: fake.model,
    signal: host.signal,
  } as unknown as InitializeProps<Traits>);
  return {
    view: () => view(fake, made),
    end() {
      host.abort();
      clean();
    },
  };
}

export function view(fake: ReturnType<typeof kernel>, made = widget()) {
  const el = document.createElement("div");
  document.body.append(el);
  const host = new AbortController();
  made.render({ model: fake.model, el, signal: host.signal } as unknown as RenderProps<Traits>);
  const all = (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)];
  const shown = {
    el,
    all,
    text: () => el.textContent ?? "",
    find: (selector: string) => {
      const found = el.querySelector<HTMLElement>(selector);
      if (found === null) throw new Error(`nothing matches ${selector}`);
      return found;
    },
    cell: (place: number) => {
      const found = el.querySelector<HTMLElement>(`[data-place="${place}"]`);
      if (found === null) throw new Error(`no cell ${place}`);
      return found;
    },
    seeds: () =>
      all(".ig-gallery-cell")
        .sort((a, b) => Number(a.dataset["place"]) - Number(b.dataset["place"]))
        .map((cell) => cell.querySelector(".ig-gallery-cell__facts")?.textContent?.replace("seed ", "")),
    press: (place: number, key: string, keys: KeyboardEventInit = {}) =>
      shown
        .cell(place)
        .dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...keys })),
    click: (place: number, keys: MouseEventInit = {}) =>
      shown.cell(place).dispatchEvent(new MouseEvent("click", { bubbles: true, ...keys })),
    end() {
      host.abort();
      el.remove();
      open.delete(shown);
    },
  };
  open.add(shown);
  return shown;
}

export const settle = () => vi.advanceTimersByTimeAsync(50);
export const bytes = () => new DataView(new ArrayBuffer(4));
export const kinds = (sent: unknown[], kind: string) =>
  sent.filter((message) => (message as ToKernel).kind === kind) as Record<string, unknown>[];
