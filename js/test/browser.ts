/** The parts of a browser that happy-dom lacks, under a test's control, and counted. */
import { vi } from "vitest";

class FakeObserver {
  static all: FakeObserver[] = [];
  observing = false;

  constructor(readonly callback: (entries: object[]) => void) {
    FakeObserver.all.push(this);
  }

  observe(): void {
    this.observing = true;
  }

  disconnect(): void {
    this.observing = false;
  }
}

/** Fake observers, decoding and object URLs; call in `beforeEach`, after fake timers. */
export function fakeBrowser() {
  const urls = new Set<string>();
  let made = 0;
  const decodes: { resolve: () => void; reject: (error: Error) => void }[] = [];
  FakeObserver.all = [];
  class Intersection extends FakeObserver {}
  class Resize extends FakeObserver {}
  vi.stubGlobal("IntersectionObserver", Intersection);
  vi.stubGlobal("ResizeObserver", Resize);
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => {
    made += 1;
    urls.add(`blob:${made}`);
    return `blob:${made}`;
  });
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void urls.delete(url));
  HTMLImageElement.prototype.decode = () =>
    new Promise((resolve, reject) => {
      decodes.push({ resolve, reject });
    });
  return {
    /** Object URLs that nobody has released. */
    urls,
    decodes,
    observing: () => FakeObserver.all.filter((one) => one.observing).length,
    scrollTo(isIntersecting: boolean) {
      for (const one of FakeObserver.all) {
        if (one instanceof Intersection && one.observing) one.callback([{ isIntersecting }]);
      }
    },
    resize() {
      for (const one of FakeObserver.all) if (one instanceof Resize && one.observing) one.callback([]);
    },
  };
}

/** Counts listeners of an event target that are still on, with AbortSignal options honoured. */
export function countListeners(target: EventTarget) {
  const on = new Set<object>();
  const add = target.addEventListener.bind(target);
  vi.spyOn(target, "addEventListener").mockImplementation((type, listener, options) => {
    const mark = {};
    on.add(mark);
    if (typeof options === "object") options.signal?.addEventListener("abort", () => on.delete(mark));
    add(type, listener, options);
  });
  return () => on.size;
}
