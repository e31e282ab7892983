/** Brush sizes on a slider: fine steps where the brush is small. */

import type { Size } from "./raster";

/** Pixels; larger ones would make a single dab slower than a frame. */
export const MAX_SIZE = 1000;
export const MIN_SIZE = 1;

const STEP = 1.15;

const within = (size: number): number => Math.min(MAX_SIZE, Math.max(MIN_SIZE, Math.round(size)));

/** The size at a place of the slider, 0 to 1. */
export const sizeAt = (place: number): number => within(MAX_SIZE ** place);

export const placeOf = (size: number): number => Math.log(size) / Math.log(MAX_SIZE);

/** The next size up (`by` = 1) or down (-1): a tenth and a half, a pixel at least. */
export const nextSize = (size: number, by: 1 | -1): number =>
  within(by > 0 ? Math.max(size + 1, size * STEP) : Math.min(size - 1, size / STEP));

/** A brush to begin with: about a sixteenth of the picture's shorter side. */
export const firstSize = ({ width, height }: Size): number => within(Math.min(width, height) / 16);

/** Pixels to feather by: an eighth of the first brush. */
export const firstFeather = (size: Size): number => Math.max(2, Math.round(firstSize(size) / 8));

/** Steps of a tenth, without what binary fractions leave. */
export const nextSoftness = (softness: number, by: 1 | -1): number =>
  Math.min(1, Math.max(0, Math.round(10 * softness + by) / 10));

/** "12 %"; what is there is never "0 %", and what is not all is never "100 %". */
export function share(part: number): string {
  const percent = Math.round(100 * part);
  if (part > 0 && percent === 0) return "under 1 %";
  return part < 1 && percent === 100 ? "over 99 %" : `${percent} %`;
}
