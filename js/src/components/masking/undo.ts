/** Steps back and forth, kept as the tiles that they changed: memory follows the strokes, not the picture. */
import { type Raster, type Rect, type Size, wholeOf } from "./raster";

export const TILE_PX = 128;

/** A tile's bytes; one number where all are the same. */
type Saved = Uint8Array | number;

interface Step {
  tiles: Map<number, Saved>;
  bytes: number;
}

export interface Tiles {
  count: number;
  rect: (tile: number) => Rect;
  /** The tiles that a rectangle touches. */
  of: (rect: Rect) => number[];
}

export function tilesOf({ width, height }: Size): Tiles {
  const columns = Math.ceil(width / TILE_PX);
  return {
    count: columns * Math.ceil(height / TILE_PX),
    rect(tile) {
      const x0 = (tile % columns) * TILE_PX;
      const y0 = Math.floor(tile / columns) * TILE_PX;
      return { x0, y0, x1: Math.min(width, x0 + TILE_PX), y1: Math.min(height, y0 + TILE_PX) };
    },
    of({ x0, y0, x1, y1 }) {
      const found: number[] = [];
      for (let row = Math.floor(y0 / TILE_PX); row * TILE_PX < y1; row += 1) {
        for (let column = Math.floor(x0 / TILE_PX); column * TILE_PX < x1; column += 1) {
          found.push(row * columns + column);
        }
      }
      return found;
    },
  };
}

const bytesOf = (saved: Saved): number => (typeof saved === "number" ? 8 : saved.length);

function isPlain({ width, data }: Raster, { x0, y0, x1, y1 }: Rect, value: number): boolean {
  for (let y = y0; y < y1; y += 1) {
    const end = y * width + x1;
    for (let at = y * width + x0; at < end; at += 1) if (data[at] !== value) return false;
  }
  return true;
}

function copy(raster: Raster, rect: Rect): Saved {
  const { width, data } = raster;
  const { x0, y0, x1, y1 } = rect;
  const first = data[y0 * width + x0] as number;
  if (isPlain(raster, rect, first)) return first;
  const saved = new Uint8Array((x1 - x0) * (y1 - y0));
  for (let y = y0, to = 0; y < y1; y += 1, to += x1 - x0) {
    saved.set(data.subarray(y * width + x0, y * width + x1), to);
  }
  return saved;
}

function restore({ width, data }: Raster, { x0, y0, x1, y1 }: Rect, saved: Saved): void {
  const across = x1 - x0;
  for (let y = y0; y < y1; y += 1) {
    const at = y * width + x0;
    if (typeof saved === "number") data.fill(saved, at, at + across);
    else data.set(saved.subarray((y - y0) * across, (y - y0 + 1) * across), at);
  }
}

/** @param budget Bytes for the steps back, and as many for those forth; the farthest go first, the next one always stays. */
export function undoStore(raster: Raster, budget: number) {
  const tiles = tilesOf(raster);
  const past: Step[] = [];
  const future: Step[] = [];
  let open: Step = { tiles: new Map(), bytes: 0 };

  const save = (step: Step, tile: number) => {
    const saved = copy(raster, tiles.rect(tile));
    step.tiles.set(tile, saved);
    step.bytes += bytesOf(saved);
  };
  const putBack = (step: Step) => {
    for (const [tile, saved] of step.tiles) restore(raster, tiles.rect(tile), saved);
  };
  const close = () => {
    const step = open;
    open = { tiles: new Map(), bytes: 0 };
    return [...step.tiles.keys()];
  };
  const trim = (steps: Step[]) => {
    let bytes = 0;
    const tooFar = steps.findLastIndex((step, index) => {
      bytes += step.bytes;
      return bytes > budget && index < steps.length - 1;
    });
    steps.splice(0, tooFar + 1);
  };
  /** Swap what a step kept with what is there now. */
  const swap = (from: Step[], to: Step[]): number[] => {
    const step = from.pop();
    if (step === undefined) return [];
    const now: Step = { tiles: new Map(), bytes: 0 };
    for (const tile of step.tiles.keys()) save(now, tile);
    putBack(step);
    to.push(now);
    trim(to);
    return [...step.tiles.keys()];
  };

  return {
    /** Call before pixels change: what is there now belongs to the open step. */
    keep(rect: Rect = wholeOf(raster)): void {
      for (const tile of tiles.of(rect)) if (!open.tiles.has(tile)) save(open, tile);
    },
    /** Close the open step; gives the tiles that it changed. */
    commit(): number[] {
      if (open.tiles.size > 0) {
        past.push(open);
        future.length = 0;
        trim(past);
      }
      return close();
    },
    /** As if the open step had never begun. */
    revert(): number[] {
      putBack(open);
      return close();
    },
    undo: () => swap(past, future),
    redo: () => swap(future, past),
    steps: () => ({ past: past.length, future: future.length }),
    bytes: () => [...past, ...future].reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
