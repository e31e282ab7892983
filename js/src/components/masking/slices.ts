/** Work that would hold up the page, done a few milliseconds at a time. */

const SLICE_MS = 12;

/** Resolves when the work is done; never where `life` ends before. */
export function inSlices(work: Generator<void>, life: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout>;
    const step = () => {
      const until = performance.now() + SLICE_MS;
      while (performance.now() < until) {
        if (work.next().done) {
          life.removeEventListener("abort", stop);
          resolve();
          return;
        }
      }
      timer = setTimeout(step);
    };
    const stop = () => clearTimeout(timer);
    life.addEventListener("abort", stop, { once: true });
    step();
  });
}
