import { expect, test } from "vitest";
import { nextSize, nextSoftness, placeOf, share, sizeAt } from "../../src/components/masking/dials";
import { inks, shade } from "../../src/components/masking/overlay";
import { radiusOf } from "../../src/components/masking/pointing";
import { around, clip } from "../../src/components/masking/raster";
import {
  bringIntoView,
  contain,
  pinch,
  shownBy,
  toPicture,
  toStage,
  zoom,
} from "../../src/components/masking/view";

const picture = { width: 1000, height: 500 };
const stage = { width: 400, height: 400 };

test("all of the picture is seen at first, in the middle", () => {
  expect(contain(picture, stage)).toEqual({ scale: 0.4, x: 0, y: 100 });
  expect(contain({ width: 10, height: 10 }, stage)).toEqual({ scale: 8, x: 160, y: 160 });
});

test("there and back again is the same place", () => {
  const view = { scale: 0.37, x: 12, y: -80 };
  const there = toStage(view, { x: 123, y: 45 });
  expect(toPicture(view, there).x).toBeCloseTo(123);
  expect(toPicture(view, there).y).toBeCloseTo(45);
});

test("zooming leaves what is under the pointer there", () => {
  const at = { x: 130, y: 210 };
  const before = { scale: 2, x: -300, y: -200 };
  const after = zoom(before, 1.7, at, picture, stage);
  expect(after.scale).toBeCloseTo(3.4);
  expect(toPicture(after, at).x).toBeCloseTo(toPicture(before, at).x);
  expect(toPicture(after, at).y).toBeCloseTo(toPicture(before, at).y);
});

test("zooming ends at the whole picture and at 32 times", () => {
  const view = contain(picture, stage);
  expect(zoom(view, 0.01, { x: 0, y: 0 }, picture, stage)).toEqual(view);
  expect(zoom(view, 1e6, { x: 0, y: 0 }, picture, stage).scale).toBe(32);
});

test("no part of the stage stays empty while the picture could fill it", () => {
  const view = zoom({ scale: 2, x: 500, y: -5000 }, 1, { x: 0, y: 0 }, picture, stage);
  expect(view).toEqual({ scale: 2, x: 0, y: -600 });
});

test("two fingers carry and scale", () => {
  const view = { scale: 2, x: -300, y: -200 };
  const [a, b] = [
    { x: 100, y: 200 },
    { x: 200, y: 200 },
  ];
  const carried = pinch(
    view,
    [a, b],
    [
      { x: 110, y: 205 },
      { x: 210, y: 205 },
    ],
    picture,
    stage,
  );
  expect(carried).toEqual({ scale: 2, x: -290, y: -195 });
  expect(
    pinch(
      view,
      [a, b],
      [
        { x: 50, y: 200 },
        { x: 250, y: 200 },
      ],
      picture,
      stage,
    ).scale,
  ).toBe(4);
});

test("the crosshair is brought into view with as little movement as will do", () => {
  const view = { scale: 2, x: -300, y: -200 };
  expect(bringIntoView(view, { x: 200, y: 200 }, 20, picture, stage)).toEqual(view);
  const moved = bringIntoView(view, { x: 360, y: 200 }, 20, picture, stage);
  expect(toStage(moved, { x: 360, y: 200 }).x).toBe(380);
});

test("rectangles are cut to whole pixels that exist", () => {
  expect(clip({ x0: -3, y0: 1.2, x1: 4.1, y1: 99 }, { width: 10, height: 8 })).toEqual({
    x0: 0,
    y0: 1,
    x1: 5,
    y1: 8,
  });
  expect(clip({ x0: 11, y0: 0, x1: 12, y1: 1 }, { width: 10, height: 8 })).toBeNull();
  expect(around(null, null)).toBeNull();
  const a = { x0: 0, y0: 5, x1: 2, y1: 6 };
  expect(around(a, null)).toBe(a);
  expect(around(a, { x0: 1, y0: 1, x1: 9, y1: 2 })).toEqual({ x0: 0, y0: 1, x1: 9, y1: 6 });
  const shown = shownBy({ scale: 0.5, x: 10, y: 0 }, { x0: 3, y0: 3, x1: 5, y1: 5 }, stage);
  expect(shown).toEqual({ x0: 11, y0: 1, x1: 13, y1: 3 });
});

test("the overlay has the colour, as opaque as the mask is strong", () => {
  const words = inks("#ff8001");
  const bytes = (word: number | undefined) => [...new Uint8Array(Uint32Array.of(word ?? 0).buffer)];
  expect(bytes(words[255])).toEqual([255, 128, 1, 255]);
  expect(bytes(words[64])).toEqual([255, 128, 1, 64]);
});

test("shown large, a pixel of the mask is a square; beside the picture is nothing", () => {
  const mask = { width: 2, height: 1, data: Uint8Array.of(255, 0) };
  const words = new Uint32Array(6 * 4);
  const alpha = Uint32Array.from({ length: 256 }, (_, value) => value);
  shade(words, { x0: 0, y0: 0, x1: 6, y1: 4 }, { scale: 2, x: 1, y: 1 }, mask, alpha);
  expect([...words]).toEqual([
    ...[0, 0, 0, 0, 0, 0],
    ...[0, 255, 255, 0, 0, 0],
    ...[0, 255, 255, 0, 0, 0],
    ...[0, 0, 0, 0, 0, 0],
  ]);
});

test("shown small, a pixel of the stage is a mean", () => {
  const mask = { width: 4, height: 4, data: new Uint8Array(16).map((_, i) => (i % 4 < 2 ? 255 : 0)) };
  const words = new Uint32Array(1);
  const alpha = Uint32Array.from({ length: 256 }, (_, value) => value);
  shade(words, { x0: 0, y0: 0, x1: 1, y1: 1 }, { scale: 0.25, x: 0, y: 0 }, mask, alpha);
  expect(words[0]).toBe(128);
});

test("sizes and places on the slider belong together", () => {
  for (const size of [1, 2, 7, 40, 333, 1000]) expect(sizeAt(placeOf(size))).toBe(size);
  expect(sizeAt(0)).toBe(1);
  expect(sizeAt(1)).toBe(1000);
});

test("keys change the size by a pixel at least, and stay within bounds", () => {
  expect([nextSize(1, -1), nextSize(1, 1), nextSize(3, -1), nextSize(100, 1), nextSize(1000, 1)]).toEqual([
    1, 2, 2, 115, 1000,
  ]);
  expect([nextSoftness(0.2, 1), nextSoftness(0, -1), nextSoftness(1, 1)]).toEqual([0.3, 0, 1]);
});

test.each([
  [0, "0 %"],
  [0.001, "under 1 %"],
  [0.123, "12 %"],
  [0.999, "over 99 %"],
  [1, "100 %"],
])("%d of the picture reads %s", (part, words) => {
  expect(share(part)).toBe(words);
});

test("pens press, others do not", () => {
  expect(radiusOf(40, { pointerType: "mouse", pressure: 0.5 })).toBe(20);
  expect(radiusOf(40, { pointerType: "pen", pressure: 1 })).toBe(20);
  expect(radiusOf(40, { pointerType: "pen", pressure: 0 })).toBeCloseTo(3);
  expect(radiusOf(1, { pointerType: "pen", pressure: 0 })).toBe(0.5);
});
