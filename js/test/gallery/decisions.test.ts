import { describe, expect, test } from "vitest";
import { inWords } from "../../src/components/gallery/Gallery";
import { layout, rowsInView, topFor } from "../../src/components/gallery/layout";
import { EVERYTHING, ordered } from "../../src/components/gallery/order";
import { moved, picked } from "../../src/components/gallery/picking";
import { facts, nameOf } from "../../src/components/gallery/words";
import { item, many } from "./kernel";

describe("layout", () => {
  const wish = { widthPx: 920, cellPx: 176, captionLines: 1, count: 5000 };

  test.each([
    [250, 1],
    [320, 2],
    [920, 5],
    [2000, 10],
  ])("%d px hold %d columns", (widthPx, columns) => {
    expect(layout({ ...wish, widthPx }).columns).toBe(columns);
  });

  test("the rows in view are few, also at the end", () => {
    const grid = layout(wish);
    const [first, last] = rowsInView(grid, grid.heightPx - 560, 560);
    expect(last).toBe(grid.rows);
    expect(last - first).toBeLessThan(8);
    expect(rowsInView(layout({ ...wish, count: 0 }), 0, 560)).toEqual([0, 0]);
  });

  test("a row out of view is scrolled to, no further than needed", () => {
    const grid = layout(wish);
    expect(topFor(grid, 0, 300, 500)).toBe(0);
    expect(topFor(grid, 1, grid.rowPx, 500)).toBe(grid.rowPx);
    expect(topFor(grid, 9, 0, 500)).toBe(10 * grid.rowPx - 500);
  });
});

describe("order", () => {
  const items = [
    item({ created: 1, seed: "18446744073709551615", seconds: null, amount: null, model: "b" }),
    item({ created: 2, seed: "5", seconds: 9, amount: 0.5, model: "a" }),
    item({ created: 3, seed: "", seconds: 1, amount: 0, model: "b" }),
  ];

  test.each([
    ["newest", [2, 1, 0]],
    ["oldest", [0, 1, 2]],
    ["model", [1, 2, 0]],
    ["seed", [1, 0, 2]],
    ["seconds", [2, 1, 0]],
    ["cost", [2, 1, 0]],
  ] as const)("by %s; what nobody knows stands last", (sort, wanted) => {
    expect(ordered(items, { ...EVERYTHING, sort })).toEqual(wanted);
  });

  test("five thousand are searched between two frames", () => {
    const all = many(5000);
    ordered(all, EVERYTHING);
    const start = performance.now();
    expect(ordered(all, { ...EVERYTHING, text: "lighthouse 4999" })).toEqual([4999]);
    expect(performance.now() - start).toBeLessThan(100);
  });
});

describe("picking", () => {
  const order = [10, 11, 12, 13];
  const before = { chosen: [10], anchor: 0, active: 0 };

  test("a range goes from the anchor, and Ctrl keeps the others", () => {
    expect(picked(before, order, 2, { shift: true, toggle: false }).chosen).toEqual([10, 11, 12]);
    const apart = { chosen: [13], anchor: 0, active: 0 };
    expect(picked(apart, order, 1, { shift: true, toggle: true }).chosen).toEqual([13, 10, 11]);
  });

  test("a place that is not there changes nothing", () => {
    expect(picked(before, order, 9, { shift: false, toggle: false })).toBe(before);
  });

  test.each([
    ["ArrowUp", 1, 1],
    ["ArrowDown", 1, 4],
    ["ArrowDown", 7, 7],
    ["ArrowRight", 7, 7],
    ["Home", 5, 0],
    ["End", 0, 7],
    ["PageDown", 1, 7],
    ["x", 1, null],
  ])("%s from %d goes to %s", (key, from, to) => {
    expect(moved(key, from, { columns: 3, count: 8, page: 3 })).toBe(to);
  });
});

test("a picture in words", () => {
  const one = item({ seconds: 1.26, cost: "unknown", starred: true });
  expect(facts(one, ["prompt", "seed", "size", "seconds", "cost"])).toBe(
    "seed 7 · 1024×768 · 1.3 s · cost unknown",
  );
  expect(nameOf(one, ["prompt", "seed"])).toBe("a lighthouse at dusk seed 7, starred");
  expect(nameOf(item({ prompt: "x".repeat(500) }), [])).toHaveLength(121);
});

test("a count in words", () => {
  expect(inWords(24, 5000, 5000, 3)).toBe("24 of 5,000 pictures, 3 selected");
  expect(inWords(100, 100, 5000, 0)).toBe("100 of 5,000 pictures, 4,900 on their way");
  expect(inWords(1, 1, 1, 0)).toBe("1 picture");
});
