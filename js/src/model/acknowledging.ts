/** Frames that were shown, told to the kernel: at once where that is seldom, else those of all jobs together. */
import { atEnd } from "./life";

/** The kernel tells its state twice for each message that it gets, and the server holds what follows. */
export const GATHER_MS = 20;

export interface AcknowledgingOptions {
  /** The newest frame of each job. */
  send: (frames: Record<string, number>) => void;
  life: AbortSignal;
}

export function acknowledging({ send, life }: AcknowledgingOptions): (job: string, seq: number) => void {
  const waiting = new Map<string, number>();
  let resting: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    resting = undefined;
    if (waiting.size === 0 || life.aborted) return;
    const frames = Object.fromEntries(waiting);
    waiting.clear();
    resting = setTimeout(tell, GATHER_MS);
    send(frames);
  };
  atEnd(life, () => clearTimeout(resting));
  return (job, seq) => {
    waiting.set(job, Math.max(seq, waiting.get(job) ?? seq));
    if (resting === undefined) tell();
  };
}
