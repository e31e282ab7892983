/** Where a picture is in the viewer: pure. */

/** `scale` 1 is fitted; `x` and `y` are how far it is moved, in CSS pixels. */
export interface Look {
  scale: number;
  x: number;
  y: number;
}

export const beginning: Look = { scale: 1, x: 0, y: 0 };
const MAX_SCALE = 16;

/** Larger or smaller by `factor`, with the point `at` (from the centre) staying where it is. */
export function zoomed({ scale, x, y }: Look, factor: number, at: { x: number; y: number }): Look {
  const to = Math.min(MAX_SCALE, Math.max(1, scale * factor));
  if (to === 1) return beginning;
  const by = to / scale;
  return { scale: to, x: at.x - (at.x - x) * by, y: at.y - (at.y - y) * by };
}

export const dragged = (look: Look, dx: number, dy: number): Look => ({
  ...look,
  x: look.x + dx,
  y: look.y + dy,
});
