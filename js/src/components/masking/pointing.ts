/** Mouse, pen and fingers on the stage: one paints, two carry and scale, the middle button or Space carries. */
import type { Signal } from "@preact/signals";
import type { Dot, Tip } from "./brush";
import type { Easel } from "./easel";
import type { Painting } from "./painting";
import { type Point, pinch, settle, toPicture, zoom } from "./view";

export interface Hands {
  stage: HTMLElement;
  easel: Easel;
  painting: Painting;
  tip: Signal<Tip>;
  /** False while a long piece of work has the mask. */
  free: () => boolean;
  /** Space is held down to carry the picture. */
  carrying: Signal<boolean>;
  life: AbortSignal;
}

const MIDDLE_BUTTON = 1;
const PEN_ERASER = 32;
/** A pen that barely touches still leaves a line. */
const LIGHTEST = 0.15;
/** Wheels tell pixels, lines or pages. */
const PIXELS_BY_MODE = [1, 33, 400] as const;
const ZOOM_PER_PIXEL = 1.0018;

/** How far the brush reaches under a pointer: pens press, others do not. */
export function radiusOf(
  size: number,
  { pointerType, pressure }: Pick<PointerEvent, "pointerType" | "pressure">,
): number {
  const press = pointerType === "pen" ? LIGHTEST + (1 - LIGHTEST) * pressure : 1;
  return Math.max(0.5, (size / 2) * press);
}

export function pointing({ stage, easel, painting, tip, free, carrying, life }: Hands): void {
  const touching = new Map<number, Point>();
  let doing: "nothing" | "stroke" | "carry" | "pinch" = "nothing";

  const placeOf = (event: MouseEvent): Point => toPicture(easel.view.value, easel.pointOf(event));
  const dot = (event: PointerEvent): Dot => ({
    ...placeOf(event),
    radius: radiusOf(tip.value.size, event),
  });
  const pair = (): [Point, Point] | null => {
    const [a, b] = touching.values();
    return a && b ? [a, b] : null;
  };
  const stop = (keep: boolean) => {
    if (doing === "stroke" && keep) painting.end();
    else if (doing === "stroke") painting.drop();
    doing = "nothing";
  };
  const start = (event: PointerEvent) => {
    if (carrying.value || event.button === MIDDLE_BUTTON) doing = "carry";
    else if (free()) {
      doing = "stroke";
      const erase = tip.value.erase || (event.buttons & PEN_ERASER) > 0;
      painting.begin(dot(event), { ...tip.value, erase });
    }
  };

  const down = (event: PointerEvent) => {
    const painted = event.button === 0 || event.button === MIDDLE_BUTTON || (event.buttons & PEN_ERASER) > 0;
    if (!painted || touching.size === 2) return;
    stage.focus({ preventScroll: true });
    event.preventDefault(); // no scrolling by the middle button, no selection
    stage.setPointerCapture(event.pointerId);
    touching.set(event.pointerId, easel.pointOf(event));
    if (touching.size === 1) start(event);
    else {
      stop(false); // the first finger did not mean to paint
      doing = "pinch";
    }
  };
  const stroke = (event: PointerEvent) => {
    const places = event.getCoalescedEvents?.() ?? [];
    for (const place of places.length > 0 ? places : [event]) painting.move(dot(place));
  };
  const carry = (from: Point, to: Point) =>
    easel.look(({ scale, x, y }, ...sizes) =>
      settle({ scale, x: x + to.x - from.x, y: y + to.y - from.y }, ...sizes),
    );
  const drag = (event: PointerEvent, before: Point) => {
    const [from, now] = [pair(), easel.pointOf(event)];
    touching.set(event.pointerId, now);
    const to = pair();
    if (doing === "stroke") stroke(event);
    else if (doing === "carry") carry(before, now);
    else if (doing === "pinch" && from && to) {
      easel.look((view, ...sizes) => pinch(view, from, to, ...sizes));
    }
  };
  const move = (event: PointerEvent) => {
    if (event.pointerType !== "touch" || doing === "stroke") {
      easel.hover.value = { ...placeOf(event), by: "pointer" };
    }
    const before = touching.get(event.pointerId);
    if (before !== undefined) drag(event, before);
  };
  const up = (event: PointerEvent) => {
    if (!touching.delete(event.pointerId)) return;
    if (touching.size === 0) stop(event.type === "pointerup");
    if (event.pointerType === "touch") easel.hover.value = null;
  };
  const leave = () => {
    if (doing === "nothing" && easel.hover.value?.by === "pointer") easel.hover.value = null;
  };
  /** A wheel belongs to the page until the stage has the focus; with Ctrl it is a trackpad's pinch. */
  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !stage.matches(":focus")) return;
    event.preventDefault();
    const pixels = event.deltaY * (PIXELS_BY_MODE[event.deltaMode] ?? 1) * (event.ctrlKey ? 5 : 1);
    easel.look((view, ...sizes) => zoom(view, ZOOM_PER_PIXEL ** -pixels, easel.pointOf(event), ...sizes));
  };

  const on = { signal: life };
  stage.addEventListener("pointerdown", down, on);
  stage.addEventListener("pointermove", move, on);
  stage.addEventListener("pointerup", up, on);
  stage.addEventListener("pointercancel", up, on);
  stage.addEventListener("pointerleave", leave, on);
  stage.addEventListener("wheel", wheel, { signal: life, passive: false });
}
