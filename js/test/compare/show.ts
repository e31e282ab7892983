/** The Compare widget on a page, with a fake kernel behind it. */
import type { RenderProps } from "@anywidget/types";
import { afterEach, beforeEach, vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/compare.json";
import type { Run, ToKernel, Traits } from "../../src/contract/compare";
import widget from "../../src/widgets/compare/index";
import { fakeBrowser } from "../browser";
import { fakeModel } from "../fake_model";

type View = ReturnType<typeof view>;
const open = new Set<View>();

/** For each test of a file: fake timers, browser and sizes before, and after it no view that could disturb the next. */
export function onFakePage(): { browser: ReturnType<typeof fakeBrowser> } {
  const page = {} as { browser: ReturnType<typeof fakeBrowser> };
  beforeEach(() => {
    vi.useFakeTimers();
    page.browser = fakeBrowser();
    for (const side of ["clientWidth", "clientHeight"] as const) {
      vi.spyOn(HTMLElement.prototype, side, "get").mockReturnValue(400);
    }
  });
  afterEach(async () => {
    for (const one of open) one.end();
    await vi.runAllTimersAsync();
    vi.useRealTimers();
  });
  return page;
}

const letters = "ABCDEFGHI";

export function kernel(count = 2, traits: Partial<Traits> = {}) {
  const pictures = [...letters.slice(0, count)].map((label) => ({ ...contract.items.pictures, label }));
  const answer = (said: unknown) =>
    (said as ToKernel).kind === "hello" ? { kind: "ack", of: "hello" } : undefined;
  const start = {
    ...(contract.traits as unknown as Traits),
    pictures,
    mode: count > 2 ? "side" : "slider",
    parameters: [contract.items.parameters, { name: "steps", values: ["4", "4"], same: true }],
    prompts: [[{ change: "same", text: "a lighthouse" }], contract.items.prompts as Run[]],
    ...traits,
  } satisfies Traits;
  return fakeModel<Traits>(start, {}, answer);
}

export function view(fake: ReturnType<typeof kernel>) {
  const el = document.createElement("div");
  document.body.append(el);
  const host = new AbortController();
  widget().render({ model: fake.model, el, signal: host.signal } as unknown as RenderProps<Traits>);
  const shown = {
    el,
    all: (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)],
    text: () => el.textContent ?? "",
    find: (selector: string) => {
      const found = el.querySelector<HTMLElement>(selector);
      if (found === null) throw new Error(`nothing matches ${selector}`);
      return found;
    },
    button: (name: string) => {
      const found = [...el.querySelectorAll("button")].find(
        (one) => one.textContent === name || one.getAttribute("aria-label") === name,
      );
      if (found === undefined) throw new Error(`no button ${name}`);
      return found;
    },
    press: (selector: string, key: string) =>
      shown
        .find(selector)
        .dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })),
    end() {
      host.abort();
      el.remove();
      open.delete(shown);
    },
  };
  open.add(shown);
  return shown;
}

/** Answers every wish for a picture that was not answered. */
export function serve(fake: ReturnType<typeof kernel>, from = 0): number {
  const wants = fake.sent.slice(from) as ToKernel[];
  for (const want of wants) {
    if (want.kind === "want") {
      fake.say({ ...want, kind: "picture", type: "image/png" }, [new DataView(new ArrayBuffer(4))]);
    }
  }
  return fake.sent.length;
}

export const settle = () => vi.advanceTimersByTimeAsync(30);
