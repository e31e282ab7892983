/** A page without a notebook, and one view of a widget on it. */
import type { AnyModel, InitializeProps, RenderProps } from "@anywidget/types";
import { afterEach, beforeEach, vi } from "vitest";
import { fakeBrowser } from "./browser";

const open = new Set<() => void>();

/**
 * For each test of a file: fake timers and browser before, and after it no view that could disturb the next. With
 * `sidePx`, everything on the page is so wide and high.
 */
export function onFakePage({ sidePx }: { sidePx?: number } = {}): {
  browser: ReturnType<typeof fakeBrowser>;
} {
  const page = {} as { browser: ReturnType<typeof fakeBrowser> };
  beforeEach(() => {
    vi.useFakeTimers();
    page.browser = fakeBrowser();
    for (const side of sidePx === undefined ? [] : (["clientWidth", "clientHeight"] as const)) {
      vi.spyOn(HTMLElement.prototype, side, "get").mockReturnValue(sidePx as number);
    }
  });
  afterEach(async () => {
    for (const end of [...open]) end();
    await vi.runAllTimersAsync();
    vi.useRealTimers();
  });
  return page;
}

interface Renders<Traits extends Record<string, unknown>> {
  render(props: RenderProps<Traits>): () => void;
}

/** One view of a model; `end` is what the host does when the view goes. Older hosts give no signal. */
export function view<Traits extends Record<string, unknown>>(
  widget: Renders<Traits>,
  model: AnyModel<Traits>,
  { signals = true } = {},
) {
  const el = document.createElement("div");
  document.body.append(el);
  const host = new AbortController();
  const props = { model, el, ...(signals && { signal: host.signal }) };
  const clean = widget.render(props as unknown as RenderProps<Traits>);
  const find = <Found extends HTMLElement = HTMLElement>(selector: string): Found => {
    const found = el.querySelector<Found>(selector);
    if (found === null) throw new Error(`nothing matches ${selector}`);
    return found;
  };
  const end = () => {
    host.abort();
    clean();
    el.remove();
    open.delete(end);
  };
  open.add(end);
  return {
    el,
    find,
    all: (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)],
    text: () => el.textContent ?? "",
    button(name: string) {
      const found = [...el.querySelectorAll("button")].find(
        (one) => one.textContent?.trim() === name || one.getAttribute("aria-label") === name,
      );
      if (found === undefined) throw new Error(`no button ${name}`);
      return found;
    },
    press: (selector: string, key: string, keys: KeyboardEventInit = {}) =>
      find(selector).dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...keys }),
      ),
    end,
  };
}

interface Initializes<Traits extends Record<string, unknown>> {
  initialize(props: InitializeProps<Traits>): () => void;
}

/** What a host does when the kernel opens a model: views may come later, and `end` when the kernel closes it. */
export function initialized<Traits extends Record<string, unknown>>(
  widget: Initializes<Traits>,
  model: AnyModel<Traits>,
) {
  const host = new AbortController();
  const clean = widget.initialize({ model, signal: host.signal } as unknown as InitializeProps<Traits>);
  return {
    end() {
      host.abort();
      clean();
    },
  };
}

export const bytes = (length = 4) => new DataView(new ArrayBuffer(length));
