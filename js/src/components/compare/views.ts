/** What the ways of comparing share. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { Compared } from "../../contract/compare";
import type { Transform } from "../zoom/transform";

/** A picture that is here, or why it cannot be; null while it is on its way. */
export type Picture = { url: string; px: number } | { reason: string } | null;

export interface Pixels {
  picture(index: number): ReadonlySignal<Picture>;
  /** A picture is shown with this many device pixels on its longer side; 0 for all it has. */
  need(index: number, px: number): void;
}

export interface WayProps {
  pictures: readonly Compared[];
  /** The two that are compared, where it is two. */
  pair: readonly [number, number];
  transform: Signal<Transform>;
  pixels: Pixels;
}

const SIZES = [512, 1024, 2048];

/** What to ask for: the next size that serves, 0 for the whole picture. */
export function sizeToAsk(needPx: number, { width, height }: Compared): number {
  const size = SIZES.find((one) => one >= needPx) ?? 0;
  return size >= Math.max(width, height) ? 0 : size;
}

/** Where a point of the pane is on the picture, in parts of it; null beside it. */
export function pointOn(
  dx: number,
  dy: number,
  size: { width: number; height: number },
  { scale, x, y }: Transform,
): { u: number; v: number } | null {
  const u = (dx / size.width - x) / scale + 0.5;
  const v = (dy / size.height - y) / scale + 0.5;
  return u >= 0 && u <= 1 && v >= 0 && v <= 1 ? { u, v } : null;
}
