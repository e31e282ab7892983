/** What a brush leaves: capsules with a soft rim, from one place of the pointer to the next. */
import { clip, type Raster, type Rect, type Size } from "./raster";

/** A place of the pointer in the picture's pixels, and how far the brush reaches there. */
export interface Dot {
  x: number;
  y: number;
  radius: number;
}

export interface Tip {
  erase: boolean;
  /** The brush's width in the picture's pixels. */
  size: number;
  /** 0: a hard rim of one pixel; 1: it falls off from the very middle. */
  softness: number;
}

const LEVELS = 1024;
/** The rim's last pixel is half covered where its middle is at the radius. */
const RIM = 0.5;

/** Values by the square of the distance, which saves a root per pixel: 0 is the middle, `LEVELS` the end of the rim. */
export function falloff(radius: number, softness: number): Uint8Array {
  const outer = radius + RIM;
  const rim = Math.max(2 * RIM, softness * radius);
  const values = new Uint8Array(LEVELS + 1);
  for (let level = 0; level < LEVELS; level += 1) {
    const part = Math.min(1, (outer * (1 - Math.sqrt(level / LEVELS))) / rim);
    values[level] = Math.round(255 * part * part * (3 - 2 * part));
  }
  return values;
}

/** The pixels that a brush can touch on its way from one dot to another. */
export function reach(from: Dot, to: Dot, size: Size): Rect | null {
  const by = Math.max(from.radius, to.radius) + RIM;
  return clip(
    {
      x0: Math.min(from.x, to.x) - by,
      y0: Math.min(from.y, to.y) - by,
      x1: Math.max(from.x, to.x) + by,
      y1: Math.max(from.y, to.y) + by,
    },
    size,
  );
}

/**
 * Paint or erase from one dot to another. What is there counts as far as it is stronger, so going over a place again
 * within a stroke, or with another one, never hardens a soft rim.
 *
 * @returns whether any pixel has changed
 */
export function paint(
  { width, data }: Raster,
  from: Dot,
  to: Dot,
  tip: Tip,
  { x0, y0, x1, y1 }: Rect,
): boolean {
  const values = falloff((from.radius + to.radius) / 2, tip.softness);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const [start, growth] = [from.radius + RIM, to.radius - from.radius];
  const perLength = 1 / (dx * dx + dy * dy || 1);
  let changed = false;
  const flip = tip.erase ? 255 : 0; // erasing is painting on the negative
  for (let y = y0; y < y1; y += 1) {
    const py = y + 0.5 - from.y;
    for (let x = x0, at = y * width + x0; x < x1; x += 1, at += 1) {
      const px = x + 0.5 - from.x;
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) * perLength));
      const ex = px - along * dx;
      const ey = py - along * dy;
      const end = start + along * growth;
      const level = ((ex * ex + ey * ey) * LEVELS) / (end * end);
      if (level < LEVELS) {
        const value = values[level | 0] as number;
        if (value > ((data[at] as number) ^ flip)) {
          data[at] = value ^ flip;
          changed = true;
        }
      }
    }
  }
  return changed;
}
