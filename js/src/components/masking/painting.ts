/** One mask in the making: strokes, whole-mask changes and the way back, without a screen. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { feather, invert, sum } from "./area";
import { type Dot, paint, reach, type Tip } from "./brush";
import { around, clip, grow, type Raster, type Rect, type Size, wholeOf } from "./raster";
import { tilesOf, undoStore } from "./undo";

/** What the controls around a mask need to know of it. */
export interface Marks {
  canUndo: boolean;
  canRedo: boolean;
  /** The share of the picture that will be repainted, 0 to 1; soft places count in part. */
  coverage: number;
}

/** A stroke that is still open ends where anything else begins. */
export interface Painting {
  raster: Raster;
  marks: ReadonlySignal<Marks>;
  begin: (at: Dot, tip: Tip) => void;
  move: (to: Dot) => void;
  /** The stroke is one step back from now on. */
  end: () => void;
  /** The stroke was not meant. */
  drop: () => void;
  undo: () => void;
  redo: () => void;
  invert: () => void;
  fill: (value: number) => void;
  /** As a step where `undoable`, else as what was there from the beginning. */
  load: (data: Uint8Array, undoable: boolean) => void;
  /** Bit by bit; other changes must wait until it is done. */
  feather: (radius: number) => Generator<void>;
}

const UNDO_BYTES = 64 * 2 ** 20;
/** Places nearer than this part of the radius to the last one add nothing that could be seen. */
const NEAR = 1 / 12;

const between = (from: Dot, to: Dot, part: number): Dot => ({
  x: from.x + (to.x - from.x) * part,
  y: from.y + (to.y - from.y) * part,
  radius: from.radius + (to.radius - from.radius) * part,
});

interface Stroke {
  tip: Tip;
  /** Where the paint ends. */
  at: Dot;
  /** Where the pointer is, as long as that is near. */
  ahead: Dot | null;
  changed: boolean;
}

/** @param onChange is told of every rectangle that may look different now */
export function painting(size: Size, onChange: (rect: Rect) => void): Painting {
  const raster: Raster = { ...size, data: new Uint8Array(size.width * size.height) };
  const store = undoStore(raster, UNDO_BYTES);
  const tiles = tilesOf(size);
  const sums = new Float64Array(tiles.count);
  const marks = signal<Marks>({ canUndo: false, canRedo: false, coverage: 0 });
  let stroke: Stroke | null = null;

  const settle = (changed: Iterable<number>) => {
    for (const tile of changed) {
      const rect = tiles.rect(tile);
      sums[tile] = sum(raster, rect);
      onChange(rect);
    }
    const { past, future } = store.steps();
    const coverage = sums.reduce((total, one) => total + one, 0) / (255 * raster.data.length);
    marks.value = { canUndo: past > 0, canRedo: future > 0, coverage };
  };
  const end = () => {
    if (stroke === null) return;
    if (stroke.ahead !== null) draw(stroke, stroke.ahead);
    settle(stroke.changed ? store.commit() : store.revert());
    stroke = null;
  };
  const step = (way: () => number[]) => () => {
    end();
    settle(way());
  };
  const whole = (change: () => void) => {
    end();
    store.keep();
    change();
    settle(store.commit());
  };
  /** In pieces no longer than the brush is wide: the box around a long slanted line would be mostly empty. */
  const draw = (run: Stroke, to: Dot) => {
    const { at: from, tip } = run;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    const pieces = Math.ceil(length / (2 * Math.max(1, from.radius, to.radius))) || 1;
    for (let piece = 0; piece < pieces; piece += 1) {
      const [a, b] = [between(from, to, piece / pieces), between(from, to, (piece + 1) / pieces)];
      const rect = reach(a, b, raster);
      if (rect === null) continue;
      store.keep(rect);
      run.changed = paint(raster, a, b, tip, rect) || run.changed;
      onChange(rect);
    }
    run.at = to;
    run.ahead = null;
  };
  const marked = (): Rect | null =>
    [...sums.keys()].reduce<Rect | null>(
      (found, tile) => ((sums[tile] as number) > 0 ? around(found, tiles.rect(tile)) : found),
      null,
    );

  return {
    raster,
    marks,
    begin(at, tip) {
      end();
      stroke = { tip, at, ahead: null, changed: false };
      draw(stroke, at);
    },
    move(to) {
      if (stroke === null) return;
      const far = Math.max(NEAR * to.radius, 0.5);
      if (Math.hypot(to.x - stroke.at.x, to.y - stroke.at.y) < far) stroke.ahead = to;
      else draw(stroke, to);
    },
    end,
    drop() {
      if (stroke === null) return;
      stroke = null;
      settle(store.revert());
    },
    undo: step(store.undo),
    redo: step(store.redo),
    invert: () => whole(() => invert(raster.data)),
    fill: (value) => whole(() => raster.data.fill(value)),
    load(data, undoable) {
      if (undoable) whole(() => raster.data.set(data));
      else {
        raster.data.set(data);
        settle(tiles.of(wholeOf(size)));
      }
    },
    *feather(radius) {
      end();
      const found = marked();
      const rect = found && clip(grow(found, radius + 1), size);
      if (rect === null) return;
      store.keep(rect);
      yield* feather(raster, rect, radius);
      settle(store.commit());
    },
  };
}
