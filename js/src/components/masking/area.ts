/** What is done to a mask as a whole, or to a large part of it. */
import type { Raster, Rect } from "./raster";

/** Four bytes at a time, and what is left one by one. */
export function invert({ buffer, length }: Uint8Array<ArrayBuffer>): void {
  const words = new Uint32Array(buffer, 0, length >> 2);
  for (let at = 0; at < words.length; at += 1) words[at] = ~(words[at] as number);
  const rest = new Uint8Array(buffer, 4 * words.length, length & 3);
  for (let at = 0; at < rest.length; at += 1) rest[at] = ~(rest[at] as number);
}

/** The sum of all values of a rectangle. */
export function sum({ width, data }: Raster, { x0, y0, x1, y1 }: Rect): number {
  let total = 0;
  for (let y = y0; y < y1; y += 1) {
    const end = y * width + x1;
    for (let at = y * width + x0; at < end; at += 1) total += data[at] as number;
  }
  return total;
}

/** Luminance (Rec. 601, as services and Pillow's "L" have it) times opacity, of RGBA pixels. */
export function grey(rgba: Uint8ClampedArray, into: Uint8Array): void {
  const part = (at: number) => rgba[at] as number;
  for (let at = 0, from = 0; at < into.length; at += 1, from += 4) {
    const light = 299 * part(from) + 587 * part(from + 1) + 114 * part(from + 2);
    into[at] = (light * part(from + 3)) / 255_000 + 0.5;
  }
}

/** The mean of each value and its neighbours along one line, `reach` on either side; past the ends, the last value. */
function blurLine(line: Uint8Array, out: Uint8Array, reach: number): void {
  const last = line.length - 1;
  const value = (at: number) => line[Math.min(last, Math.max(0, at))] as number;
  const share = 1 / (2 * reach + 1);
  let total = 0;
  for (let at = -reach; at <= reach; at += 1) total += value(at);
  for (let at = 0; at <= last; at += 1) {
    out[at] = total * share + 0.5;
    total += value(at + reach + 1) - value(at - reach);
  }
}

function* blurRows({ width, data }: Raster, { x0, y0, x1, y1 }: Rect, reach: number): Generator<void> {
  const line = new Uint8Array(x1 - x0);
  for (let y = y0; y < y1; y += 1) {
    const row = data.subarray(y * width + x0, y * width + x1);
    line.set(row);
    blurLine(line, row, reach);
    yield;
  }
}

/** All columns at once, row by row, as memory lies; rows that are overwritten stay in a ring while they count. */
function* blurColumns({ width, data }: Raster, { x0, y0, x1, y1 }: Rect, reach: number): Generator<void> {
  const across = x1 - x0;
  const rowAt = (y: number) => data.subarray(y * width + x0, y * width + x1);
  const [first, last] = [rowAt(y0).slice(), rowAt(y1 - 1).slice()];
  const ring = Array.from({ length: reach + 1 }, () => new Uint8Array(across));
  const kept = (y: number) => ring[(y - y0) % ring.length] as Uint8Array;
  const ahead = (y: number) => (y < y1 ? rowAt(y) : last);
  const totals = Float64Array.from(first, (value) => value * (reach + 1));
  for (let y = y0 + 1; y <= y0 + reach; y += 1) {
    const row = ahead(y);
    for (let x = 0; x < across; x += 1) totals[x] = (totals[x] as number) + (row[x] as number);
  }
  const share = 1 / (2 * reach + 1);
  for (let y = y0; y < y1; y += 1) {
    const row = rowAt(y);
    kept(y).set(row);
    const leaving = y - reach < y0 ? first : kept(y - reach);
    const coming = ahead(y + reach + 1);
    for (let x = 0; x < across; x += 1) {
      const total = totals[x] as number;
      row[x] = total * share + 0.5;
      totals[x] = total + (coming[x] as number) - (leaving[x] as number);
    }
    yield;
  }
}

/**
 * Soften the edges within a rectangle over about `radius` pixels on either side. A piece of work that can be done bit by bit:
 * it stands still after every row.
 */
export function* feather(raster: Raster, rect: Rect, radius: number): Generator<void> {
  const reach = Math.max(1, Math.round(radius / 2));
  for (let pass = 0; pass < 2; pass += 1) {
    yield* blurRows(raster, rect, reach);
    yield* blurColumns(raster, rect, reach);
  }
}
