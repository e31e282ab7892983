/**
 * How a picture is zoomed and shifted. `scale` 1 fits it into its pane; `x` and `y` shift it in parts of its fitted size,
 * so that one transform means the same in panes, and for pictures, of other sizes.
 */
export interface Transform {
  scale: number;
  x: number;
  y: number;
}

export const FIT: Transform = { scale: 1, x: 0, y: 0 };
export const MAX_SCALE = 16;
export const STEP = 1.5;
/** One press of an arrow key, in parts of the pane. */
export const PAN_STEP = 0.12;

const within = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/** No further than the picture's edge; nothing to shift while it fits. */
export function clamped({ scale, x, y }: Transform): Transform {
  const s = Math.max(1, Math.min(MAX_SCALE, scale));
  const limit = (s - 1) / 2;
  return { scale: s, x: within(x, limit), y: within(y, limit) };
}

/** Zoom by a factor with the point (`px`, `py`) staying where it is: parts of the fitted size from the pane's middle. */
export function zoomed(from: Transform, factor: number, px = 0, py = 0): Transform {
  const scale = Math.max(1, Math.min(MAX_SCALE, from.scale * factor));
  const ratio = scale / from.scale;
  return clamped({ scale, x: px - (px - from.x) * ratio, y: py - (py - from.y) * ratio });
}

export const panned = (from: Transform, dx: number, dy: number): Transform =>
  clamped({ ...from, x: from.x + dx, y: from.y + dy });

/** The size in CSS pixels at which a picture fits into a pane; small ones are not enlarged beyond twice their size. */
export function fitted(
  picture: { width: number; height: number },
  pane: { width: number; height: number },
): { width: number; height: number } {
  if (picture.width <= 0 || picture.height <= 0) return { width: pane.width, height: pane.height };
  const scale = Math.min(pane.width / picture.width, pane.height / picture.height, 2);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** What a key does to a transform; null where it does nothing. Arrow keys shift only what is zoomed. */
export function keyed(key: string, from: Transform): Transform | null {
  const step = PAN_STEP;
  switch (key) {
    case "+":
    case "=":
      return zoomed(from, STEP);
    case "-":
    case "_":
      return zoomed(from, 1 / STEP);
    case "0":
      return FIT;
  }
  if (from.scale === 1) return null;
  switch (key) {
    case "ArrowLeft":
      return panned(from, step, 0);
    case "ArrowRight":
      return panned(from, -step, 0);
    case "ArrowUp":
      return panned(from, 0, step);
    case "ArrowDown":
      return panned(from, 0, -step);
  }
  return null;
}

export const css = ({ scale, x, y }: Transform): string =>
  `translate(${(x * 100).toFixed(3)}%, ${(y * 100).toFixed(3)}%) scale(${scale.toFixed(4)})`;
