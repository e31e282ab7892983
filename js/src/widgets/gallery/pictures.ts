/** Pixels on their way: thumbnails of what is in view, and the one picture that is enlarged. */
import { batch, type Signal, signal } from "@preact/signals";
import type { Picture, Pictures } from "../../components/gallery/pictures";
import type { GalleryContract } from "../../contract/gallery";
import type { Binding } from "../../model/binding";
import { atEnd } from "../../model/life";
import { objectUrls } from "../../model/object_urls";

/** Thumbnails kept although they are out of view. */
const KEEP_THUMBS = 600;
const KEEP_FULL = 4;
/** A size within a tenth is the same size. */
const NEAR = 0.9;

interface Store {
  of(index: number): Signal<Picture>;
  put(index: number, px: number, bytes: DataView, type: string): void;
  fail(index: number, reason: string): void;
  /** Forgets why pictures did not come. */
  forgive(): void;
  /** Forgets the oldest but for these, down to a number. */
  trim(keep: ReadonlySet<number>, most: number): void;
}

function store(life: AbortSignal): Store {
  const urls = objectUrls<number>(life);
  const known = new Map<number, Signal<Picture>>();
  const of = (index: number) => {
    const found = known.get(index) ?? signal<Picture>(null);
    known.set(index, found);
    return found;
  };
  return {
    of,
    put(index, px, bytes, type) {
      const one = of(index);
      known.delete(index);
      known.set(index, one); // the newest stands last
      one.value = { url: urls.put(index, bytes, type), px };
    },
    fail(index, reason) {
      of(index).value = { reason };
    },
    forgive() {
      for (const one of known.values()) if (one.value !== null && "reason" in one.value) one.value = null;
    },
    trim(keep, most) {
      for (const [index, one] of known) {
        if (known.size <= most) break;
        if (keep.has(index)) continue;
        known.delete(index);
        urls.drop(index);
        one.value = null;
      }
    },
  };
}

const GONE = "The kernel has gone.";

export function picturesOf({ on, send, gone, life }: Binding<GalleryContract>, view: string): Pictures {
  const thumbs = store(life);
  const fulls = store(life);
  /** What was asked for and has not come: thumbnail sizes by index. */
  const asked = new Map<number, number>();
  const fullAsked = new Map<number, number>();
  let inView: ReadonlySet<number> = new Set();
  let inViewPx = 0;

  const lacks = (index: number, px: number): boolean => {
    const known = thumbs.of(index).peek();
    if (known !== null && ("reason" in known || known.px >= px * NEAR)) return false;
    return (asked.get(index) ?? 0) < px * NEAR;
  };
  const askFor = (indices: readonly number[], px: number) => {
    const lacking = indices.filter((index) => lacks(index, px));
    for (const index of lacking) asked.set(index, px);
    if (lacking.length > 0) send({ kind: "want", view, px, indices: lacking });
    if (gone.peek()) lose();
  };
  /** What was asked for will not come, until there is a kernel again. */
  const lose = () => {
    batch(() => {
      for (const index of asked.keys()) if (thumbs.of(index).peek() === null) thumbs.fail(index, GONE);
    });
    asked.clear();
    fullAsked.clear();
  };
  atEnd(
    life,
    gone.subscribe((now) => {
      if (now) lose();
      else {
        thumbs.forgive();
        askFor([...inView], inViewPx);
      }
    }),
  );
  /** To every view, or to this one. */
  const isOurs = (to: string) => to === "" || to === view;
  on("items", ({ view: to, start, thumbs: coming, px }) => {
    if (!isOurs(to)) return;
    for (let index = start; index < start + coming; index += 1) if (lacks(index, px)) asked.set(index, px);
  });
  on("thumbs", ({ view: to, px, indices, types }, buffers) => {
    if (!isOurs(to)) return;
    batch(() => {
      for (const [at, index] of indices.entries()) {
        const [bytes, type] = [buffers[at], types[at]];
        asked.delete(index);
        if (bytes !== undefined && type !== undefined) thumbs.put(index, px, bytes, type);
      }
      thumbs.trim(inView, KEEP_THUMBS);
    });
  });
  on("full", ({ view: to, index, px, type }, [bytes]) => {
    if (to !== view || bytes === undefined) return;
    fulls.put(index, px === 0 ? Number.POSITIVE_INFINITY : px, bytes, type);
    fulls.trim(new Set([index]), KEEP_FULL);
  });
  on("failed", ({ view: to, index, reason }) => {
    if (!isOurs(to)) return;
    asked.delete(index);
    if (fullAsked.has(index)) fulls.fail(index, reason);
    else thumbs.fail(index, reason);
  });
  return {
    thumb: (index) => thumbs.of(index),
    full: (index) => fulls.of(index),
    want(indices, px) {
      inView = new Set(indices);
      inViewPx = px;
      const left = [...asked.keys()].filter((index) => !inView.has(index));
      for (const index of left) asked.delete(index);
      if (left.length > 0) send({ kind: "drop", view, indices: left });
      askFor(indices, px);
    },
    enlarge(index, px) {
      const need = px === 0 ? Number.POSITIVE_INFINITY : px;
      const known = fulls.of(index).peek();
      const here = known !== null && "px" in known ? known.px : 0;
      if (here >= need * NEAR || (fullAsked.get(index) ?? 0) >= need * NEAR) return;
      fullAsked.set(index, need);
      send({ kind: "full", view, index, px });
    },
  };
}
