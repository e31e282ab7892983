/** A frame pump for each job, ended some time after its job has gone. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Frame } from "../../components/frame";
import { type FramePump, framePump, type Pushed } from "../../model/frames";
import { atEnd, beginLife, type Life } from "../../model/life";

/** The last preview stays until the picture itself is on the screen. */
const LINGER_MS = 5_000;

export interface Previews {
  frameOf(job: string): ReadonlySignal<Frame | null>;
  push(job: string, frame: Pushed, jpeg: DataView): void;
}

export interface PreviewsOptions {
  jobs: ReadonlySignal<readonly { id: string }[]>;
  shown: (job: string, seq: number) => void;
  life: AbortSignal;
}

export function previews({ jobs, shown, life }: PreviewsOptions): Previews {
  const none = signal<Frame | null>(null);
  const pumps = new Map<string, { pump: FramePump; life: Life; going?: ReturnType<typeof setTimeout> }>();
  const drop = (job: string) => {
    pumps.get(job)?.life.end();
    pumps.delete(job);
  };
  const stop = effect(() => {
    const here = new Set(jobs.value.map(({ id }) => id));
    for (const [job, one] of pumps) {
      if (!here.has(job)) one.going ??= setTimeout(() => drop(job), LINGER_MS);
    }
  });
  atEnd(life, () => {
    stop();
    for (const [job, { going }] of pumps) {
      clearTimeout(going);
      drop(job);
    }
  });
  const pumpOf = (job: string): FramePump => {
    const known = pumps.get(job);
    if (known !== undefined) return known.pump;
    const own = beginLife(life);
    const pump = framePump({ shown: (seq) => shown(job, seq), life: own.signal });
    pumps.set(job, { pump, life: own });
    return pump;
  };
  return {
    frameOf: (job) => {
      if (pumps.has(job) || jobs.value.some(({ id }) => id === job)) return pumpOf(job).frame;
      return none;
    },
    push(job, frame, jpeg) {
      if (!life.aborted) pumpOf(job).push(frame, jpeg);
    },
  };
}
