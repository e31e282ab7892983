import { describe, expect, test } from "vitest";
import { type Dot, falloff, paint, reach, type Tip } from "../../src/components/masking/brush";
import type { Raster } from "../../src/components/masking/raster";

const blank = (width: number, height: number, value = 0): Raster => ({
  width,
  height,
  data: new Uint8Array(width * height).fill(value),
});
const hard: Tip = { erase: false, size: 10, softness: 0 };
const soft: Tip = { ...hard, softness: 1 };

function go(raster: Raster, from: Dot, to: Dot, tip: Tip): boolean {
  const rect = reach(from, to, raster);
  return rect !== null && paint(raster, from, to, tip, rect);
}

const at = ({ width, data }: Raster, x: number, y: number) => data[y * width + x];

test("a hard brush is full up to its rim, which is a pixel wide", () => {
  const raster = blank(21, 21);
  const middle = { x: 10.5, y: 10.5, radius: 5 };
  expect(go(raster, middle, middle, hard)).toBe(true);
  expect(at(raster, 10, 10)).toBe(255);
  expect(at(raster, 14, 10)).toBe(255);
  expect(at(raster, 15, 10)).toBeGreaterThan(100);
  expect(at(raster, 15, 10)).toBeLessThan(156);
  expect(at(raster, 16, 10)).toBe(0);
  const area = raster.data.reduce((sum, value) => sum + value, 0) / 255;
  expect(Math.abs(area - Math.PI * 25)).toBeLessThan(2);
});

test("a brush of one pixel fills one pixel", () => {
  const raster = blank(5, 5);
  const middle = { x: 2.5, y: 2.5, radius: 0.5 };
  go(raster, middle, middle, hard);
  expect(raster.data.filter(Boolean)).toEqual(new Uint8Array([255]));
  expect(at(raster, 2, 2)).toBe(255);
});

test.each([0, 0.3, 1])("from the middle outwards, softness %d only falls", (softness) => {
  const values = [...falloff(40, softness)];
  expect(values[0]).toBe(255);
  expect(values.at(-1)).toBe(0);
  expect(values.every((value, i) => i === 0 || value <= (values[i - 1] as number))).toBe(true);
});

test("a softer brush is weaker near its rim and as strong in the middle", () => {
  const near = (softness: number) => falloff(40, softness)[700] as number;
  expect(near(0)).toBe(255);
  expect(near(0.5)).toBeLessThan(near(0.2));
  expect(near(1)).toBeLessThan(near(0.5));
});

test("going over a place again does not harden its rim", () => {
  const [once, often] = [blank(40, 40), blank(40, 40)];
  const middle = { x: 20, y: 20, radius: 12 };
  go(once, middle, middle, soft);
  for (let i = 0; i < 9; i += 1) go(often, middle, middle, soft);
  expect(often.data).toEqual(once.data);
  expect(go(often, middle, middle, soft)).toBe(false);
});

test("a line is as wide as the brush all along, with no beads", () => {
  const raster = blank(100, 30);
  go(raster, { x: 10, y: 15, radius: 6 }, { x: 90, y: 15, radius: 6 }, soft);
  const column = (x: number) => Array.from({ length: 30 }, (_, y) => at(raster, x, y));
  for (let x = 20; x < 80; x += 1) expect(column(x)).toEqual(column(20));
});

test("a pen that presses harder draws a wider end", () => {
  const raster = blank(100, 40);
  go(raster, { x: 10, y: 20, radius: 2 }, { x: 90, y: 20, radius: 15 }, hard);
  const width = (x: number) =>
    Array.from({ length: 40 }, (_, y) => at(raster, x, y) as number).filter(Boolean).length;
  expect(width(12)).toBeLessThan(7);
  expect(width(50)).toBeGreaterThan(14);
  expect(width(88)).toBeGreaterThan(27);
});

test("erasing is painting on the negative", () => {
  const [black, white] = [blank(40, 40), blank(40, 40, 255)];
  const [from, to] = [
    { x: 3, y: 5, radius: 8 },
    { x: 30, y: 22, radius: 8 },
  ];
  go(black, from, to, soft);
  go(white, from, to, { ...soft, erase: true });
  expect(white.data).toEqual(black.data.map((value) => 255 - value));
});

describe("the reach of a brush", () => {
  test("holds all that it touches", () => {
    const raster = blank(50, 50);
    const [from, to] = [
      { x: 12.3, y: 40.8, radius: 4.2 },
      { x: 33.9, y: 8.1, radius: 7.7 },
    ];
    const rect = reach(from, to, raster);
    if (rect === null) throw new Error("it touches something");
    const all = blank(50, 50);
    paint(raster, from, to, hard, rect);
    paint(all, from, to, hard, { x0: 0, y0: 0, x1: 50, y1: 50 });
    expect(raster.data).toEqual(all.data);
  });

  test("ends at the picture's edges", () => {
    const middle = { x: -2, y: 49, radius: 5 };
    expect(reach(middle, middle, blank(50, 50))).toEqual({ x0: 0, y0: 43, x1: 4, y1: 50 });
    const far = { x: -20, y: 20, radius: 5 };
    expect(reach(far, far, blank(50, 50))).toBeNull();
  });
});
