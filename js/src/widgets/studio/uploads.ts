/** Files on their way to the kernel: in chunks, each sent when the one before has arrived. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { atEnd } from "../../model/life";

export const CHUNK_BYTES = 1 << 20;

export interface Chunk {
  id: string;
  name: string;
  index: number;
  filename: string;
  size: number;
  offset: number;
}

export interface Uploads {
  /** How much of the file for `name/index` has arrived, 0 to 1. */
  progress: ReadonlySignal<Readonly<Record<string, number>>>;
  begin(name: string, index: number, file: Blob): void;
  /** What is on its way to that place goes no further. */
  stop(name: string, index: number): void;
  received(id: string, bytes: number, problem: string): void;
}

export interface UploadsOptions {
  send: (chunk: Chunk, data: ArrayBuffer) => void;
  failed: (problem: string) => void;
  life: AbortSignal;
}

interface Under {
  place: string;
  file: Blob;
  chunk: Omit<Chunk, "offset">;
}

export function uploads({ send, failed, life }: UploadsOptions): Uploads {
  const progress = signal<Readonly<Record<string, number>>>({});
  const under = new Map<string, Under>();
  let count = 0;
  const tell = (place: string, part: number | null) => {
    const { [place]: _, ...others } = progress.value;
    progress.value = part === null ? others : { ...others, [place]: part };
  };
  const push = async (id: string, offset: number) => {
    const one = under.get(id);
    if (one === undefined) return;
    const data = await one.file.slice(offset, offset + CHUNK_BYTES).arrayBuffer();
    if (!life.aborted && under.get(id) === one) send({ ...one.chunk, offset }, data);
  };
  const end = (id: string) => {
    const place = under.get(id)?.place;
    under.delete(id);
    if (place !== undefined) tell(place, null);
  };
  const stop = (name: string, index: number) => {
    const place = `${name}/${index}`;
    for (const [id, one] of under) if (one.place === place) end(id);
  };
  atEnd(life, () => under.clear());
  return {
    progress,
    stop,
    begin(name, index, file) {
      const place = `${name}/${index}`;
      stop(name, index); // the newer file wins
      count += 1;
      const id = `u${count}`;
      const filename = file instanceof File ? file.name : "pasted";
      under.set(id, { place, file, chunk: { id, name, index, filename, size: file.size } });
      tell(place, 0);
      void push(id, 0);
    },
    received(id, bytes, problem) {
      const one = under.get(id);
      if (one === undefined) return;
      if (problem) {
        end(id);
        failed(problem);
      } else if (bytes >= one.file.size) end(id);
      else {
        tell(one.place, bytes / one.file.size);
        void push(id, bytes);
      }
    },
  };
}
