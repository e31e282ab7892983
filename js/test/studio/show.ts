/** The Studio widget on a page, with a fake kernel behind it. */
import type { InitializeProps, RenderProps } from "@anywidget/types";
import { afterEach, beforeEach, vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/studio.json";
import type { Control, Piece, StudioJob, ToKernel, Traits } from "../../src/contract/studio";
import widget from "../../src/widgets/studio/index";
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

export const control = (part: Partial<Control> = {}): Control => ({
  ...(contract.items.controls as Control),
  ...part,
});
export const job = (part: Partial<StudioJob> = {}): StudioJob => ({
  ...(contract.items.jobs as StudioJob),
  ...part,
});
export const piece = (part: Partial<Piece> = {}): Piece => ({
  ...(contract.items.pictures as Piece),
  changes: [],
  ...part,
});

const bare = { minimum: null, maximum: null, step: null, default: null } as const;
export const PROMPT = control({
  ...bare,
  name: "prompt",
  role: "prompt",
  look: "area",
  kind: "text",
  title: "Prompt",
});
export const IMAGE = control({ ...bare, name: "image", look: "media", kind: "image", title: "Start image" });
export const SEED = control({
  ...bare,
  name: "seed",
  role: "seed",
  look: "number",
  kind: "integer",
  title: "Seed",
});
export const GUIDANCE = control({ title: "Guidance" });

const START: Partial<Traits> = {
  model: "local/sketch",
  about: contract.items.about,
  controls: [PROMPT, GUIDANCE],
  estimate: { cost: "free", seconds: null },
};

/** A kernel side that takes in what is set, and acknowledges what it is told. */
export function kernel(traits: Partial<Traits> = {}) {
  const start = { ...(contract.traits as unknown as Traits), ...START, ...traits };
  const answer = (message: unknown) => {
    const said = message as ToKernel;
    if (said.kind === "set") {
      const params = Object.entries({ ...fake.model.get("params"), ...said.values });
      fake.model.set("params", Object.fromEntries(params.filter(([, value]) => value !== null)));
    }
    return said.kind === "hello" || said.kind === "set"
      ? { kind: "ack", of: said.kind, view: said.view, n: said.n }
      : undefined;
  };
  const fake = fakeModel<Traits>(start, {}, answer);
  return {
    ...fake,
    /** The messages of one kind. */
    heard: <Kind extends ToKernel["kind"]>(kind: Kind) =>
      (fake.sent as ToKernel[]).filter((one): one is Extract<ToKernel, { kind: Kind }> => one.kind === kind),
  };
}

/** What a host does when the kernel opens a model; `end` when it closes it. */
export function initialized(fake: ReturnType<typeof kernel>) {
  const host = new AbortController();
  const clean = widget().initialize({
    model: fake.model,
    signal: host.signal,
  } as unknown as InitializeProps<Traits>);
  return {
    end() {
      host.abort();
      clean();
    },
  };
}

/** One view of a model; `end` is what the host does when the view goes. */
export function view(fake: ReturnType<typeof kernel>) {
  const el = document.createElement("div");
  document.body.append(el);
  const host = new AbortController();
  const clean = widget().render({
    model: fake.model,
    el,
    signal: host.signal,
  } as unknown as RenderProps<Traits>);
  const find = <Found extends HTMLElement = HTMLElement>(selector: string): Found => {
    const found = el.querySelector<Found>(selector);
    if (found === null) throw new Error(`nothing matches ${selector}`);
    return found;
  };
  const shown = {
    el,
    find,
    text: () => el.textContent ?? "",
    all: (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)],
    button(label: string) {
      const found = [...el.querySelectorAll("button")].find(
        (one) => one.textContent?.trim() === label || one.getAttribute("aria-label") === label,
      );
      if (found === undefined) throw new Error(`no button ${label}`);
      return found;
    },
    async type(selector: string, text: string) {
      const field = find<HTMLInputElement>(selector);
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await vi.advanceTimersByTimeAsync(0);
    },
    async press(selector: string, key: string, part: KeyboardEventInit = {}) {
      find(selector).dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...part }),
      );
      await vi.advanceTimersByTimeAsync(0);
    },
    end() {
      host.abort();
      clean();
      el.remove();
      open.delete(shown);
    },
  };
  open.add(shown);
  return shown;
}

export const settle = (ms = 1_000) => vi.advanceTimersByTimeAsync(ms);
export const bytes = (length = 4) => new DataView(new ArrayBuffer(length));
