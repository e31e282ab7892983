/** Where the picture stands on the stage: `stage = picture * scale + (x, y)`, the stage in CSS pixels. */
import { clip, type Rect, type Size } from "./raster";

export interface View {
  scale: number;
  x: number;
  y: number;
}

export interface Point {
  x: number;
  y: number;
}

const MAX_SCALE = 32;
/** Small pictures are not blown up further than this to fill the stage. */
const MAX_FIT = 8;

export const toPicture = ({ scale, x, y }: View, at: Point): Point => ({
  x: (at.x - x) / scale,
  y: (at.y - y) / scale,
});

export const toStage = ({ scale, x, y }: View, at: Point): Point => ({
  x: at.x * scale + x,
  y: at.y * scale + y,
});

/** In the middle where there is room, else nothing but picture. */
const place = (offset: number, picture: number, stage: number): number =>
  picture <= stage ? (stage - picture) / 2 : Math.min(0, Math.max(stage - picture, offset));

/** The view, moved so that no part of the stage is wasted. */
export const settle = ({ scale, x, y }: View, picture: Size, stage: Size): View => ({
  scale,
  x: place(x, picture.width * scale, stage.width),
  y: place(y, picture.height * scale, stage.height),
});

/** All of the picture, as large as the stage allows. */
export function contain(picture: Size, stage: Size): View {
  const scale = Math.min(MAX_FIT, stage.width / picture.width, stage.height / picture.height);
  return settle({ scale, x: 0, y: 0 }, picture, stage);
}

/** Larger or smaller by a factor, with what is under `at` staying there; never smaller than a fit. */
export function zoom(view: View, factor: number, at: Point, picture: Size, stage: Size): View {
  const scale = Math.min(MAX_SCALE, Math.max(contain(picture, stage).scale, view.scale * factor));
  const under = toPicture(view, at);
  return settle({ scale, x: at.x - under.x * scale, y: at.y - under.y * scale }, picture, stage);
}

export const zoomInMiddle =
  (factor: number) =>
  (view: View, picture: Size, stage: Size): View =>
    zoom(view, factor, { x: stage.width / 2, y: stage.height / 2 }, picture, stage);

/** The view moved just so far that a point of the picture is on the stage, `margin` from its edge. */
export function bringIntoView(view: View, at: Point, margin: number, picture: Size, stage: Size): View {
  const { x, y } = toStage(view, at);
  const need = (value: number, room: number) =>
    value < margin ? margin - value : value > room - margin ? room - margin - value : 0;
  const moved = { ...view, x: view.x + need(x, stage.width), y: view.y + need(y, stage.height) };
  return settle(moved, picture, stage);
}

const MIDDLE = 0.5;

/** What two fingers do: their middle carries the picture, their distance scales it. */
export function pinch(
  view: View,
  from: [Point, Point],
  to: [Point, Point],
  picture: Size,
  stage: Size,
): View {
  const middle = ([a, b]: [Point, Point]): Point => ({ x: (a.x + b.x) * MIDDLE, y: (a.y + b.y) * MIDDLE });
  const distance = ([a, b]: [Point, Point]) => Math.hypot(a.x - b.x, a.y - b.y) || 1;
  const [before, after] = [middle(from), middle(to)];
  const carried = { ...view, x: view.x + after.x - before.x, y: view.y + after.y - before.y };
  return zoom(carried, distance(to) / distance(from), after, picture, stage);
}

/** The stage's pixels that show a rectangle of the picture. */
export function shownBy({ scale, x, y }: View, { x0, y0, x1, y1 }: Rect, stage: Size): Rect | null {
  const rect = { x0: x0 * scale + x, y0: y0 * scale + y, x1: x1 * scale + x, y1: y1 * scale + y };
  return clip(rect, stage);
}
