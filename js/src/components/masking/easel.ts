/** The stage with its picture, the mask over it and the brush's outline: the only part that draws on the screen. */
import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Tip } from "./brush";
import { inks, shade } from "./overlay";
import type { Picture } from "./picture";
import { around, clip, grow, type Raster, type Rect, type Size } from "./raster";
import * as views from "./view";

export interface EaselParts {
  stage: HTMLElement;
  overlay: HTMLCanvasElement;
  outline: HTMLElement;
  picture: Picture;
  tip: ReadonlySignal<Tip>;
  /** "#rrggbb" */
  colour: ReadonlySignal<string>;
  life: AbortSignal;
}

/** The brush, over a place of the picture. */
export interface Hover extends views.Point {
  by: "pointer" | "keys";
}

export interface Easel {
  /** Stage pixels per picture pixel. */
  view: ReadonlySignal<views.View>;
  hover: Signal<Hover | null>;
  /** The mask has changed there. */
  changed: (rect: Rect) => void;
  /** Where on the stage a mouse, pen or finger is. */
  pointOf: (at: { clientX: number; clientY: number }) => views.Point;
  look: (next: (view: views.View, picture: Size, stage: Size) => views.View) => void;
}

/** More than this is not worth its time: the mask has soft edges. */
const MAX_RATIO = 2;
/** From here on the picture's pixels are shown as squares, as the mask's are. */
const SQUARES_FROM = 4;

export function easel(parts: EaselParts, raster: Raster): Easel {
  const { stage, overlay, outline, picture, tip, colour, life } = parts;
  const pen = overlay.getContext("2d");
  const view = signal<views.View>({ scale: 1, x: 0, y: 0 });
  const hover = signal<Hover | null>(null);
  let ink = inks(colour.peek());
  let room: Size = { width: 0, height: 0 };
  let ratio = 1;
  /** Overlay pixels that are out of date. */
  let stale: Rect | null = null;
  let frame = 0;

  const draw = () => {
    frame = 0;
    const rect = stale && clip(stale, overlay);
    stale = null;
    if (rect === null || pen === null) return;
    const image = pen.createImageData(rect.x1 - rect.x0, rect.y1 - rect.y0);
    const { scale, x, y } = view.value;
    const onOverlay = { scale: scale * ratio, x: x * ratio, y: y * ratio };
    shade(new Uint32Array(image.data.buffer), rect, onOverlay, raster, ink);
    pen.putImageData(image, rect.x0, rect.y0);
  };
  const redraw = (rect: Rect) => {
    stale = around(stale, rect);
    frame ||= requestAnimationFrame(draw);
  };
  const redrawAll = () => redraw({ x0: 0, y0: 0, x1: overlay.width, y1: overlay.height });

  const measure = () => {
    const fitted = room.width === 0 || view.value.scale === views.contain(picture, room).scale;
    room = { width: stage.clientWidth, height: stage.clientHeight };
    if (room.width === 0) return;
    ratio = Math.min(MAX_RATIO, window.devicePixelRatio);
    overlay.width = Math.round(room.width * ratio);
    overlay.height = Math.round(room.height * ratio);
    view.value = fitted ? views.contain(picture, room) : views.settle(view.value, picture, room);
    redrawAll();
  };

  picture.element.className = "ig-mask__picture";
  overlay.before(picture.element);
  const resizes = new ResizeObserver(measure);
  resizes.observe(stage);
  const effects = [
    effect(() => {
      ink = inks(colour.value);
      redrawAll();
    }),
    effect(() => {
      const { scale, x, y } = view.value;
      picture.element.style.transform = `matrix(${scale},0,0,${scale},${x},${y})`;
      picture.element.style.imageRendering = scale >= SQUARES_FROM ? "pixelated" : "";
      redrawAll();
    }),
    effect(() => {
      const at = hover.value;
      outline.hidden = at === null;
      if (at === null) return;
      const { x, y } = views.toStage(view.value, at);
      outline.classList.toggle("ig-is-crosshair", at.by === "keys");
      outline.style.transform = `translate(${x}px,${y}px)`;
      outline.style.setProperty("--ig-size", `${tip.value.size * view.value.scale}px`);
    }),
  ];
  life.addEventListener("abort", () => {
    for (const end of effects) end();
    resizes.disconnect();
    cancelAnimationFrame(frame);
  });

  return {
    view,
    hover,
    changed(rect) {
      const { scale, x, y } = view.value;
      const shown = views.shownBy({ scale: scale * ratio, x: x * ratio, y: y * ratio }, rect, overlay);
      if (shown !== null) redraw(grow(shown, 1));
    },
    pointOf({ clientX, clientY }) {
      const { left, top } = stage.getBoundingClientRect();
      return { x: clientX - left - stage.clientLeft, y: clientY - top - stage.clientTop };
    },
    look(next) {
      if (room.width > 0) view.value = next(view.value, picture, room);
    },
  };
}
