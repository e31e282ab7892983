/** Time that runs on between the kernel's updates. */
import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";

const TICK_MS = 500;

/** Milliseconds of the page's clock, moving while `running` is true. */
export function useClock(running: ReadonlySignal<boolean>): ReadonlySignal<number> {
  const now = useSignal(performance.now());
  useSignalEffect(() => {
    if (!running.value) return undefined;
    const tick = setInterval(() => {
      now.value = performance.now();
    }, TICK_MS);
    return () => clearInterval(tick);
  });
  return now;
}
