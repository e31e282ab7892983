/** The JobView widget on a page, with a fake kernel behind it. */
import type { RenderProps } from "@anywidget/types";
import { afterEach, beforeEach, vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/job_view.json";
import type { Job, ToKernel, Traits } from "../../src/contract/job_view";
import widget from "../../src/widgets/job_view/index";
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

export const job = (part: Partial<Job> = {}): Job => ({ ...(contract.items.jobs as Job), ...part });

/** A kernel side that hears every hello, unless it is too busy. */
export function kernel(traits: Partial<Traits> = {}, manager: object = {}, { busy = false } = {}) {
  const start = { ...(contract.traits as Traits), jobs: [job()], ...traits };
  const greet = (message: unknown) =>
    (message as ToKernel).kind === "hello" && !busy ? { kind: "ack", of: "hello" } : undefined;
  return fakeModel<Traits>(start, manager, greet);
}

/** One view of a model; `end` is what the host does when the view goes. Older hosts give no signal. */
export function view(fake: ReturnType<typeof kernel>, { signals = true } = {}) {
  const el = document.createElement("div");
  document.body.append(el);
  const host = new AbortController();
  const props = { model: fake.model, el, ...(signals && { signal: host.signal }) };
  const clean = widget().render(props as unknown as RenderProps<Traits>);
  const shown = {
    el,
    text: () => el.textContent ?? "",
    find: (selector: string) => {
      const found = el.querySelector<HTMLElement>(selector);
      if (found === null) throw new Error(`nothing matches ${selector}`);
      return found;
    },
    button: (label: string) => {
      const found = [...el.querySelectorAll("button")].find(
        (one) => one.textContent === label || one.getAttribute("aria-label") === label,
      );
      if (found === undefined) throw new Error(`no button ${label}`);
      return found;
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

export const jpeg = () => new DataView(new ArrayBuffer(4));
