/** Preview frames on their way to the screen: decoded first, newest wins, acknowledged where they ask for it. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Frame } from "../components/frame";
import { atEnd } from "./life";

export interface Pushed {
  seq: number;
  step: number;
  /** Whether the kernel waits for an acknowledgement. */
  ask: boolean;
}

export interface FramePump {
  /** What to show now; null before the first frame. */
  frame: ReadonlySignal<Frame | null>;
  push(frame: Pushed, jpeg: DataView): void;
}

export interface FramePumpOptions {
  /** Called for a frame that asked, once it goes to the screen; it stands for every earlier one too. */
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

export function framePump({ shown, life }: FramePumpOptions): FramePump {
  const frame = signal<Frame | null>(null);
  let waiting: (Pushed & { jpeg: DataView }) | null = null;
  let newest = -1;
  let done = -1;
  let decoding = false;

  async function work(): Promise<void> {
    decoding = true;
    while (waiting !== null && !life.aborted) {
      const { seq, step, ask, jpeg } = waiting;
      waiting = null;
      const image = await decode(jpeg, life).catch(() => null); // a damaged frame is passed over: the next one comes
      if (life.aborted) break;
      if (image !== null) frame.value = { image, step };
      done = seq;
      if (ask) shown(seq); // before it is painted: to wait for that would cost a display frame at each turn
    }
    decoding = false;
  }

  atEnd(life, () => {
    waiting = null;
    frame.value = null;
  });
  return {
    frame,
    push({ seq, step, ask }, jpeg) {
      if (life.aborted) return;
      if (seq <= newest) {
        if (ask && seq <= done) shown(seq); // sent again, for a second view: this one has it
        return;
      }
      newest = seq;
      waiting = { seq, step, ask: ask || waiting?.ask === true, jpeg };
      if (!decoding) void work();
    },
  };
}
