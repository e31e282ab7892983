/** Pictures of this view by key and size: asked for once, together, and released when they are many or the view ends. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Shown } from "../../components/studio/bench";
import { atEnd } from "../../model/life";

/** Large pictures that are held at once; small ones are few bytes. */
export const LARGE_HELD = 12;
const SMALL_PX = 256;

const NOTHING: Shown = { url: "", blob: null, type: "", problem: "" };

export interface Pictures {
  of(key: string, px: number): ReadonlySignal<Shown>;
  take(picture: { key: string; px: number; type: string; problem: string }, data: DataView | undefined): void;
}

export interface PicturesOptions {
  ask: (keys: string[], px: number) => void;
  life: AbortSignal;
}

export function pictures({ ask, life }: PicturesOptions): Pictures {
  const held = new Map<string, Signal<Shown>>();
  const wanted = new Map<number, Set<string>>();
  let asking = false;
  const name = (key: string, px: number) => `${px} ${key}`;

  const askSoon = (key: string, px: number) => {
    wanted.set(px, (wanted.get(px) ?? new Set()).add(key));
    if (asking) return;
    asking = true;
    queueMicrotask(() => {
      asking = false;
      if (!life.aborted) for (const [size, keys] of wanted) ask([...keys], size);
      wanted.clear();
    });
  };
  const release = (shown: Signal<Shown>) => {
    if (shown.peek().url) URL.revokeObjectURL(shown.peek().url);
    shown.value = NOTHING;
  };
  const makeRoom = () => {
    const large = [...held.keys()].filter(
      (one) => Number(one.split(" ", 1)[0]) > SMALL_PX || one.startsWith("0 "),
    );
    for (const one of large.slice(0, Math.max(0, large.length - LARGE_HELD))) {
      const shown = held.get(one);
      held.delete(one);
      if (shown !== undefined) release(shown);
    }
  };
  atEnd(life, () => {
    for (const shown of held.values()) release(shown);
    held.clear();
  });
  return {
    of(key, px) {
      const known = held.get(name(key, px));
      const shown = known ?? signal(NOTHING);
      held.delete(name(key, px)); // the newest used stand last
      held.set(name(key, px), shown);
      if (known === undefined && key) {
        askSoon(key, px);
        makeRoom();
      }
      return shown;
    },
    take({ key, px, type, problem }, data) {
      const shown = held.get(name(key, px));
      if (shown === undefined || shown.peek().url || life.aborted) return;
      const blob = data === undefined ? null : new Blob([data as DataView<ArrayBuffer>], { type });
      shown.value = { url: blob === null ? "" : URL.createObjectURL(blob), blob, type, problem };
    },
  };
}
