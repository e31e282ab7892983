import { expect, test } from "vitest";
import { clamped, FIT, fitted, keyed, MAX_SCALE, panned, zoomed } from "../src/components/zoom/transform";

test("the point under the pointer stays where it is", () => {
  const at = { x: 0.2, y: -0.1 };
  const once = zoomed(FIT, 3, at.x, at.y);
  expect((at.x - once.x) / once.scale).toBeCloseTo(at.x);
  const twice = zoomed(once, 2, at.x, at.y);
  expect((at.y - twice.y) / twice.scale).toBeCloseTo(at.y);
});

test("nothing is shifted while it fits, and never beyond its edge", () => {
  expect(panned(FIT, 1, 1)).toEqual(FIT);
  expect(panned({ scale: 3, x: 0, y: 0 }, 9, -9)).toEqual({ scale: 3, x: 1, y: -1 });
  expect(clamped({ scale: 99, x: 0, y: 0 }).scale).toBe(MAX_SCALE);
});

test("arrow keys are for what is zoomed", () => {
  expect(keyed("ArrowLeft", FIT)).toBeNull();
  expect(keyed("ArrowLeft", { scale: 4, x: 0, y: 0 })?.x).toBeGreaterThan(0);
  expect(keyed("0", { scale: 4, x: 1, y: 0 })).toEqual(FIT);
  expect(keyed("x", FIT)).toBeNull();
});

test("a picture fits its pane, small ones at most twice their size", () => {
  expect(fitted({ width: 2000, height: 1000 }, { width: 500, height: 500 })).toEqual({
    width: 500,
    height: 250,
  });
  expect(fitted({ width: 50, height: 50 }, { width: 500, height: 500 })).toEqual({ width: 100, height: 100 });
  expect(fitted({ width: 0, height: 0 }, { width: 500, height: 300 })).toEqual({ width: 500, height: 300 });
});
