/** Preview frames on their way to the screen: decoded first, newest wins, acknowledged once painted. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Frame } from "../components/frame";
import { atEnd } from "./life";

export interface FramePump {
  /** What to show now; null before the first frame. */
  frame: ReadonlySignal<Frame | null>;
  push(seq: number, step: number, jpeg: DataView): void;
}

export interface FramePumpOptions {
  /** Called once for each frame that reached the screen; it stands for every earlier one too. */
  shown: (seq: number) => void;
  life: AbortSignal;
}

/** A picture decoded from JPEG bytes, ready to paint. Its object URL is gone when this settles or the view ends. */
async function decode(jpeg: DataView, life: AbortSignal): Promise<HTMLImageElement> {
  const url = URL.createObjectURL(new Blob([jpeg as DataView<ArrayBuffer>], { type: "image/jpeg" }));
  const image = new Image();
  const done = new AbortController();
  const release = () => {
    done.abort();
    URL.revokeObjectURL(url);
  };
  life.addEventListener("abort", release, { once: true, signal: done.signal });
  try {
    image.src = url;
    await image.decode();
    return image;
  } finally {
    if (!done.signal.aborted) release();
  }
}

/**
 * With the next paint; a hidden page paints, and so calls, when it is seen again. Waiting for the paint's end would cost
 * one more display frame before the next preview may come.
 */
function withPaint(life: AbortSignal, call: () => void): void {
  requestAnimationFrame(() => {
    if (!life.aborted) call();
  });
}

export function framePump({ shown, life }: FramePumpOptions): FramePump {
  const frame = signal<Frame | null>(null);
  let waiting: { seq: number; step: number; jpeg: DataView } | null = null;
  let newest = -1;
  let painted = -1;
  let decoding = false;

  async function work(): Promise<void> {
    decoding = true;
    while (waiting !== null && !life.aborted) {
      const { seq, step, jpeg } = waiting;
      waiting = null;
      const image = await decode(jpeg, life).catch(() => null); // a damaged frame is passed over: the next one comes
      if (life.aborted) break;
      if (image !== null) frame.value = { image, step };
      withPaint(life, () => {
        painted = Math.max(painted, seq);
        shown(seq);
      });
    }
    decoding = false;
  }

  atEnd(life, () => {
    waiting = null;
    frame.value = null;
  });
  return {
    frame,
    push(seq, step, jpeg) {
      if (life.aborted) return;
      if (seq <= newest) {
        if (seq <= painted) shown(seq); // sent again, for a second view: this one has it
        return;
      }
      newest = seq;
      waiting = { seq, step, jpeg };
      if (!decoding) void work();
    },
  };
}
