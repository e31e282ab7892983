/** Cancel that works while a cell keeps the kernel busy. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { CancelAnswer, CancelRequests } from "../components/cancel_requests";
import { ALL_JOBS } from "../components/cancel_requests";
import { atEnd } from "./life";

/** How long the kernel may take to acknowledge before it counts as busy. */
export const ACK_TIMEOUT_MS = 1000;

export interface Cancelling {
  requests: ReadonlySignal<CancelRequests>;
  /** Ask to cancel one job, or all of the call with null. */
  cancel(job: string | null): void;
  /** The kernel has answered. */
  acknowledged(): void;
}

export interface CancellingOptions {
  send: (job: string | null) => void;
  /** Whether a cell waits for this very call: only then may its kernel be interrupted. */
  blocking: () => boolean;
  interrupt: (() => Promise<void>) | null;
  life: AbortSignal;
}

/**
 * Ask by message; where no acknowledgement comes in time and a cell waits for the call, interrupt that cell.
 * Cancelling one job of several never interrupts: that would end the others with it.
 */
export function cancelling({ send, blocking, interrupt, life }: CancellingOptions): Cancelling {
  const requests = signal<CancelRequests>({});
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const answer = (key: string, to: CancelAnswer) => {
    requests.value = { ...requests.value, [key]: to };
  };
  const forgetTimers = () => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  const unheard = (key: string) => {
    if (key === ALL_JOBS && blocking() && interrupt !== null) {
      answer(key, "interrupting");
      interrupt().catch(() => answer(key, "unheard"));
    } else answer(key, "unheard");
  };
  atEnd(life, forgetTimers);
  return {
    requests,
    cancel(job) {
      const key = job ?? ALL_JOBS;
      answer(key, "asked");
      send(job);
      const timer = setTimeout(() => {
        timers.delete(timer);
        unheard(key);
      }, ACK_TIMEOUT_MS);
      timers.add(timer);
    },
    acknowledged() {
      forgetTimers();
      requests.value = Object.fromEntries(Object.keys(requests.value).map((key) => [key, "heard"]));
    },
  };
}
