import { describe, expect, test } from "vitest";
import { feather, grey, invert, sum } from "../../src/components/masking/area";
import { type Raster, wholeOf } from "../../src/components/masking/raster";

const raster = (width: number, height: number, at: (x: number, y: number) => number): Raster => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))),
});
const feathered = (mask: Raster, radius: number, rect = wholeOf(mask)) => {
  for (const _ of feather(mask, rect, radius));
  return mask;
};

test("inverting twice changes nothing", () => {
  const data = Uint8Array.of(0, 1, 128, 254, 255);
  invert(data);
  expect(data).toEqual(Uint8Array.of(255, 254, 127, 1, 0));
  invert(data);
  expect(data).toEqual(Uint8Array.of(0, 1, 128, 254, 255));
});

test("sums count a rectangle only", () => {
  expect(
    sum(
      raster(10, 10, () => 3),
      { x0: 2, y0: 3, x1: 5, y1: 4 },
    ),
  ).toBe(9);
});

test("grey is luminance, and what can be seen through is not marked", () => {
  const rgba = Uint8ClampedArray.of(
    255,
    255,
    255,
    255,
    0,
    0,
    0,
    255,
    255,
    0,
    0,
    255,
    255,
    255,
    255,
    0,
    255,
    255,
    255,
    51,
  );
  const into = new Uint8Array(5);
  grey(rgba, into);
  expect([...into]).toEqual([255, 0, 76, 0, 51]);
});

describe("feathering", () => {
  test.each([1, 4, 9, 30])("by %d leaves plain masks as they are, up to their edges", (radius) => {
    for (const value of [0, 255, 77]) {
      const mask = feathered(
        raster(40, 23, () => value),
        radius,
      );
      expect(mask.data.every((one) => one === value)).toBe(true);
    }
  });

  test("turns an edge into a slope of about that reach, half way at the edge", () => {
    const { data } = feathered(
      raster(100, 9, (x) => (x < 50 ? 255 : 0)),
      20,
    );
    const row = [...data.subarray(4 * 100, 5 * 100)];
    expect(row.slice(0, 29)).toEqual(Array(29).fill(255));
    expect(row.slice(71)).toEqual(Array(29).fill(0));
    expect(row[45]).toBeGreaterThan(128);
    expect(Math.abs((row[49] as number) + (row[50] as number) - 255)).toBeLessThanOrEqual(2);
    expect(row.every((value, x) => x === 0 || value <= (row[x - 1] as number))).toBe(true);
  });

  test("does to columns what it does to rows", () => {
    const inside = (x: number, y: number) => (x > 12 && x < 30 && y > 12 && y < 30 ? 255 : 0);
    const { data } = feathered(raster(44, 44, inside), 6);
    for (let y = 0; y < 44; y += 1) {
      for (let x = 0; x < y; x += 1) {
        expect(Math.abs((data[y * 44 + x] as number) - (data[x * 44 + y] as number))).toBeLessThanOrEqual(1);
      }
    }
  });

  test("keeps within its rectangle", () => {
    const before = raster(60, 60, (x, y) => ((x * y) % 7) * 36);
    const rect = { x0: 10, y0: 20, x1: 40, y1: 50 };
    const { data } = feathered({ ...before, data: before.data.slice() }, 8, rect);
    const changed = [...data.keys()].filter((at) => data[at] !== before.data[at]);
    expect(changed.length).toBeGreaterThan(500);
    for (const at of changed) {
      const [x, y] = [at % 60, Math.floor(at / 60)];
      expect(x >= 10 && x < 40 && y >= 20 && y < 50).toBe(true);
    }
  });

  test("wider than the picture, it still ends", () => {
    const { data } = feathered(
      raster(5, 3, (x) => (x === 2 ? 255 : 0)),
      200,
    );
    expect(Math.max(...data) - Math.min(...data)).toBeLessThan(60);
  });
});
