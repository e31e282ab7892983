/** Masks as rows of bytes, 255 = repaint, and rectangles of their pixels. */

export interface Size {
  width: number;
  height: number;
}

export interface Raster extends Size {
  /** Row by row; all of its buffer. */
  data: Uint8Array<ArrayBuffer>;
}

/** Whole pixels from (x0, y0) up to, and without, (x1, y1). */
export interface Rect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export const wholeOf = ({ width, height }: Size): Rect => ({ x0: 0, y0: 0, x1: width, y1: height });

/** The whole pixels that cover `rect`, as far as they lie within; null where none does. */
export function clip(rect: Rect, { width, height }: Size): Rect | null {
  const x0 = Math.max(0, Math.floor(rect.x0));
  const y0 = Math.max(0, Math.floor(rect.y0));
  const x1 = Math.min(width, Math.ceil(rect.x1));
  const y1 = Math.min(height, Math.ceil(rect.y1));
  return x0 < x1 && y0 < y1 ? { x0, y0, x1, y1 } : null;
}

export const grow = ({ x0, y0, x1, y1 }: Rect, by: number): Rect => ({
  x0: x0 - by,
  y0: y0 - by,
  x1: x1 + by,
  y1: y1 + by,
});

/** The smallest rectangle around both. */
export function around(a: Rect | null, b: Rect | null): Rect | null {
  if (a === null || b === null) return a ?? b;
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}
