import { expect, test } from "vitest";
import type { Raster } from "../../src/components/masking/raster";
import { TILE_PX, tilesOf, undoStore } from "../../src/components/masking/undo";

const raster = (width: number, height: number): Raster => ({
  width,
  height,
  data: new Uint8Array(width * height),
});
const pixel = (x: number, y: number) => ({ x0: x, y0: y, x1: x + 1, y1: y + 1 });

/** Something else in every pixel, so that no tile is plain. */
function scribble({ data }: Raster, seed: number): void {
  for (let at = 0; at < data.length; at += 1) data[at] = (at * 31 + seed * 7) & 255;
}

test("tiles cover the picture once, also where it ends within one", () => {
  const size = { width: 2 * TILE_PX + 5, height: TILE_PX + 1 };
  const tiles = tilesOf(size);
  expect(tiles.count).toBe(6);
  const area = Array.from({ length: tiles.count }, (_, tile) => tiles.rect(tile)).reduce(
    (sum, { x0, y0, x1, y1 }) => sum + (x1 - x0) * (y1 - y0),
    0,
  );
  expect(area).toBe(size.width * size.height);
  expect(tiles.of(pixel(TILE_PX, TILE_PX))).toEqual([4]);
  expect(tiles.of({ x0: TILE_PX - 1, y0: 0, x1: TILE_PX + 1, y1: TILE_PX })).toEqual([0, 1]);
});

test("undo and redo give back every byte, step by step", () => {
  const mask = raster(300, 200);
  const store = undoStore(mask, 1e9);
  const states = [mask.data.slice()];
  for (let seed = 1; seed <= 4; seed += 1) {
    store.keep();
    scribble(mask, seed);
    store.commit();
    states.push(mask.data.slice());
  }
  for (let step = 3; step >= 0; step -= 1) {
    expect(store.undo()).toHaveLength(6);
    expect(mask.data).toEqual(states[step]);
  }
  expect(store.undo()).toEqual([]);
  for (let step = 1; step <= 4; step += 1) {
    store.redo();
    expect(mask.data).toEqual(states[step]);
  }
  expect(store.redo()).toEqual([]);
});

test("a step keeps only the tiles that it touches, as they were before it began", () => {
  const mask = raster(1024, 1024);
  const store = undoStore(mask, 1e9);
  for (const value of [10, 20, 30]) {
    store.keep(pixel(5, 5));
    mask.data[5 * 1024 + 5] = value;
  }
  expect(store.commit()).toEqual([0]);
  expect(store.bytes()).toBeLessThan(TILE_PX * TILE_PX);
  expect(store.undo()).toEqual([0]);
  expect(mask.data[5 * 1024 + 5]).toBe(0);
});

test("a plain tile costs a number, not its bytes", () => {
  const mask = raster(1024, 1024);
  const store = undoStore(mask, 1e9);
  store.keep();
  mask.data.fill(255);
  store.commit();
  expect(store.bytes()).toBe(64 * 8);
  store.undo();
  expect(mask.data.every((value) => value === 0)).toBe(true);
});

test("reverting is as if the step had never begun", () => {
  const mask = raster(200, 200);
  const store = undoStore(mask, 1e9);
  store.keep();
  scribble(mask, 1);
  store.revert();
  expect(mask.data.every((value) => value === 0)).toBe(true);
  expect(store.steps()).toEqual({ past: 0, future: 0 });
});

test("a new step after undo ends what could be redone", () => {
  const mask = raster(10, 10);
  const store = undoStore(mask, 1e9);
  for (const seed of [1, 2]) {
    store.keep();
    scribble(mask, seed);
    store.commit();
  }
  store.undo();
  expect(store.steps()).toEqual({ past: 1, future: 1 });
  store.keep();
  scribble(mask, 3);
  store.commit();
  expect(store.steps()).toEqual({ past: 2, future: 0 });
});

test("memory is bounded: the oldest steps go, the last one stays even where it is too large", () => {
  const mask = raster(256, 256);
  const step = (store: ReturnType<typeof undoStore>, seed: number) => {
    store.keep();
    scribble(mask, seed);
    store.commit();
  };
  scribble(mask, 0);
  const store = undoStore(mask, 3.5 * 256 * 256);
  for (let seed = 1; seed <= 10; seed += 1) step(store, seed);
  expect(store.steps().past).toBe(3);
  expect(store.bytes()).toBeLessThanOrEqual(3.5 * 256 * 256);
  for (let back = 0; back < 3; back += 1) store.undo();
  expect(store.bytes()).toBeLessThanOrEqual(3.5 * 256 * 256);
  const tiny = undoStore(mask, 1);
  step(tiny, 1);
  step(tiny, 2);
  expect(tiny.steps().past).toBe(1);
  tiny.undo();
  expect(tiny.steps()).toEqual({ past: 0, future: 1 });
});

test("steps that cost little to undo and much to redo are bounded, too", () => {
  const mask = raster(256, 256);
  const store = undoStore(mask, 2.5 * 256 * 256);
  for (let seed = 1; seed <= 8; seed += 1) {
    store.keep();
    if (seed % 2) scribble(mask, seed);
    else mask.data.fill(seed);
    store.commit();
  }
  while (store.undo().length > 0) expect(store.bytes()).toBeLessThanOrEqual(5 * 256 * 256);
  expect(store.steps().future).toBeGreaterThan(1);
});
