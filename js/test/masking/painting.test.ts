import { beforeEach, expect, test, vi } from "vitest";
import type { Tip } from "../../src/components/masking/brush";
import { type Painting, painting } from "../../src/components/masking/painting";
import type { Rect } from "../../src/components/masking/raster";
import { inSlices } from "../../src/components/masking/slices";

const SIZE = { width: 400, height: 300 };
const brush: Tip = { erase: false, size: 20, softness: 0 };
const eraser: Tip = { ...brush, erase: true };
const dot = (x: number, y: number) => ({ x, y, radius: 10 });

let changed: Rect[];
let mask: Painting;

beforeEach(() => {
  changed = [];
  mask = painting(SIZE, (rect) => changed.push(rect));
});

const at = (x: number, y: number) => mask.raster.data[y * SIZE.width + x];
function stroke(tip: Tip, ...places: [number, number][]): void {
  const [[x, y] = [0, 0], ...rest] = places;
  mask.begin(dot(x, y), tip);
  for (const [toX, toY] of rest) mask.move(dot(toX, toY));
  mask.end();
}

test("a stroke goes from place to place and is one step", () => {
  stroke(brush, [50, 50], [150, 50], [150, 200]);
  expect([at(50, 50), at(100, 50), at(150, 120), at(150, 200), at(60, 120)]).toEqual([255, 255, 255, 255, 0]);
  expect(mask.marks.value).toMatchObject({ canUndo: true, canRedo: false });
  mask.undo();
  expect(mask.raster.data.every((value) => value === 0)).toBe(true);
  expect(mask.marks.value).toEqual({ canUndo: false, canRedo: true, coverage: 0 });
  mask.redo();
  expect(at(150, 120)).toBe(255);
});

test("places that are too near to be seen still end the stroke where the pointer went up", () => {
  stroke(brush, [50, 50], [50.4, 50], [50.7, 50]);
  const far = painting(SIZE, () => undefined);
  far.begin(dot(50, 50), brush);
  far.move(dot(50.7, 50));
  far.end();
  expect(mask.raster.data).toEqual(far.raster.data);
});

test("what has changed is told, and nothing else", () => {
  mask.begin(dot(50, 50), brush);
  expect(changed).toEqual([{ x0: 39, y0: 39, x1: 61, y1: 61 }]);
});

test("a stroke that was not meant leaves no trace", () => {
  stroke(brush, [50, 50]);
  mask.begin(dot(200, 200), brush);
  mask.move(dot(250, 200));
  mask.drop();
  expect(at(220, 200)).toBe(0);
  mask.undo();
  expect(at(50, 50)).toBe(0);
});

test.each<[string, (mask: Painting) => void]>([
  ["inverting", (open) => open.invert()],
  ["undo", (open) => open.undo()],
  ["another stroke", (open) => open.begin(dot(9, 9), brush)],
  ["feathering", (open) => [...open.feather(4)]],
])("%s ends a stroke that is still open", (_, act) => {
  mask.begin(dot(200, 200), brush);
  act(mask);
  mask.move(dot(300, 200));
  mask.drop();
  mask.undo();
  mask.undo();
  expect(mask.raster.data.every((value) => value === 0)).toBe(true);
  mask.redo();
  expect(at(200, 200)).toBe(255);
});

test("a stroke that changes nothing is no step", () => {
  stroke(eraser, [50, 50], [90, 90]);
  expect(mask.marks.value.canUndo).toBe(false);
});

test("a stroke outside the picture is no step, and its way back in counts", () => {
  stroke(brush, [-100, -100]);
  expect(mask.marks.value.canUndo).toBe(false);
  stroke(brush, [-100, 150], [100, 150]);
  expect(at(0, 150)).toBe(255);
});

test("coverage follows every change", () => {
  const coverage = () => mask.marks.value.coverage;
  mask.fill(255);
  expect(coverage()).toBe(1);
  stroke(eraser, [200, 150]);
  expect(1 - coverage()).toBeCloseTo((Math.PI * 100) / (400 * 300), 4);
  mask.invert();
  expect(coverage()).toBeCloseTo((Math.PI * 100) / (400 * 300), 4);
  mask.fill(0);
  expect(coverage()).toBe(0);
  mask.undo();
  mask.undo();
  mask.undo();
  expect(coverage()).toBe(1);
});

test("feathering keeps the marked amount, softens the edge and is one step", () => {
  stroke(brush, [200, 150], [260, 150]);
  const { coverage } = mask.marks.value;
  for (const _ of mask.feather(12));
  expect(mask.marks.value.coverage).toBeCloseTo(coverage, 3);
  expect(at(230, 140)).toBeGreaterThan(40);
  expect(at(230, 140)).toBeLessThan(200);
  mask.undo();
  expect([at(230, 138), at(230, 142)]).toEqual([0, 255]);
  expect(mask.marks.value.coverage).toBe(coverage);
});

test("feathering nothing is no step", () => {
  for (const _ of mask.feather(12));
  expect(mask.marks.value.canUndo).toBe(false);
});

test("a mask that was there from the beginning is no step, an opened one is", () => {
  const data = new Uint8Array(SIZE.width * SIZE.height).fill(255, 0, 1000);
  mask.load(data, false);
  expect(mask.marks.value).toMatchObject({ canUndo: false, coverage: 1000 / data.length });
  mask.load(new Uint8Array(data.length).fill(255), true);
  mask.undo();
  expect(mask.raster.data).toEqual(data);
});

test("long work lets the page breathe, and ends with it", async () => {
  vi.useFakeTimers();
  let steps = 0;
  function* work() {
    for (; steps < 100; steps += 1) {
      vi.setSystemTime(Date.now() + 5);
      vi.advanceTimersByTime(5);
      yield;
    }
  }
  const life = new AbortController();
  const finished = inSlices(work(), life.signal);
  expect(steps).toBeLessThan(10);
  await vi.runAllTimersAsync();
  await finished;
  expect(steps).toBe(100);
  steps = 0;
  void inSlices(work(), life.signal);
  expect(vi.getTimerCount()).toBe(1);
  life.abort();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
