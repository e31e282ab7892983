/** Wheel, drag, pinch and double click on a pane, as changes of one transform. */
import { FIT, panned, type Transform, zoomed } from "./transform";

export interface GestureOptions {
  /** The element that hears; its middle is the transform's origin. */
  pane: HTMLElement;
  get: () => Transform;
  set: (to: Transform) => void;
  /** The picture's fitted size in CSS pixels. */
  size: () => { width: number; height: number };
  /** Whether the wheel zooms alone; on a page that scrolls it needs Ctrl or ⌘, as a pinch on a touchpad has. */
  wheelAlone: boolean;
  /** Whether a drag belongs to somebody else, such as a slider's handle. */
  taken?: (event: PointerEvent) => boolean;
}

const WHEEL_STEP = 0.0022;
const PINCH_WHEEL_STEP = 0.01;
const DOUBLE_ZOOM = 3;

/** Listens until the function it returns is called. */
export function gestures({ pane, get, set, size, wheelAlone, taken }: GestureOptions): () => void {
  const ending = new AbortController();
  const options = { signal: ending.signal };
  const fingers = new Map<number, { x: number; y: number }>();

  /** A point of the page, in parts of the fitted size from the pane's middle. */
  const point = (clientX: number, clientY: number): [number, number] => {
    const { left, top, width, height } = pane.getBoundingClientRect();
    const fit = size();
    return [
      (clientX - left - width / 2) / Math.max(1, fit.width),
      (clientY - top - height / 2) / Math.max(1, fit.height),
    ];
  };

  pane.addEventListener(
    "wheel",
    (event) => {
      const pinch = event.ctrlKey || event.metaKey;
      if (!pinch && !wheelAlone) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
      const step = Math.abs(event.deltaY) < 40 && pinch ? PINCH_WHEEL_STEP : WHEEL_STEP;
      set(zoomed(get(), Math.exp(-event.deltaY * lines * step), ...point(event.clientX, event.clientY)));
    },
    { ...options, passive: false },
  );
  pane.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0 || taken?.(event) === true) return;
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      pane.setPointerCapture(event.pointerId);
    },
    options,
  );
  pane.addEventListener(
    "pointermove",
    (event) => {
      const before = fingers.get(event.pointerId);
      if (before === undefined) return;
      const now = { x: event.clientX, y: event.clientY };
      const fit = size();
      if (fingers.size === 1) {
        set(panned(get(), (now.x - before.x) / fit.width, (now.y - before.y) / fit.height));
      } else {
        const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1] ?? now;
        const far = (one: { x: number; y: number }) => Math.hypot(one.x - other.x, one.y - other.y);
        const middle = point((now.x + other.x) / 2, (now.y + other.y) / 2);
        set(zoomed(get(), far(now) / Math.max(1, far(before)), ...middle));
      }
      fingers.set(event.pointerId, now);
    },
    options,
  );
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
    pane.addEventListener(end, (event) => fingers.delete(event.pointerId), options);
  }
  pane.addEventListener(
    "dblclick",
    (event) => {
      const from = get();
      set(from.scale > 1 ? FIT : zoomed(from, DOUBLE_ZOOM, ...point(event.clientX, event.clientY)));
    },
    options,
  );
  return () => ending.abort();
}
