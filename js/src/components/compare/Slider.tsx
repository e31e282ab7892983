/** Two pictures in one place, with a handle that uncovers one or the other. */
import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useZoom } from "../zoom/useZoom";
import { Layer } from "./Layer";
import type { WayProps } from "./views";

const STEP = 2;
/** A press that moves further than this is a drag, in CSS pixels. */
const CLICK_PX = 4;

export interface SliderProps extends WayProps {
  /** Whether the handle goes up and down instead of left and right. */
  upright: Signal<boolean>;
}

interface Press {
  x: number;
  y: number;
  /** Whether the divider follows the pointer, and whether it was the handle that was taken hold of. */
  slides: boolean;
  held: boolean;
}

const onHandle = (event: Event): boolean =>
  event.target instanceof Element && event.target.closest(".ig-compare-handle") !== null;

export function Slider({ pictures, pair, transform, pixels, upright }: SliderProps) {
  const split = useSignal(50);
  const [first, second] = [pictures[pair[0]], pictures[pair[1]]];
  const handle = useRef<HTMLDivElement>(null);
  const press = useRef<Press | null>(null);
  const isFitted = transform.value.scale === 1;
  /** A finger may be the first of a pinch, and what is zoomed is shifted: there a click alone moves the divider. */
  const slides = (event: PointerEvent) =>
    onHandle(event) || (transform.peek().scale === 1 && event.pointerType !== "touch");
  const zoom = useZoom({
    transform,
    picture: () => first ?? { width: 1, height: 1 },
    wheelAlone: false,
    taken: slides,
  });
  if (first === undefined || second === undefined) return null;
  const turned = upright.value;
  const set = (to: number) => {
    split.value = Math.max(0, Math.min(100, to));
  };
  const follow = ({ clientX, clientY }: MouseEvent) => {
    const box = zoom.pane.current?.getBoundingClientRect();
    if (box === undefined) return;
    const at = turned ? (clientY - box.top) / box.height : (clientX - box.left) / box.width;
    set(at * 100);
  };
  const down = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    if (event.button !== 0 || !event.isPrimary) return;
    const { clientX: x, clientY: y } = event;
    press.current = { x, y, slides: slides(event), held: onHandle(event) };
    if (!press.current.slides) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    if (!press.current.held) follow(event);
  };
  const clicked = (event: MouseEvent) => {
    const from = press.current;
    press.current = null;
    if (from === null || from.held) return;
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) < CLICK_PX) follow(event);
    handle.current?.focus({ preventScroll: true }); // so that arrow keys go on from there
  };
  const pressed = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: split.value - STEP,
      ArrowUp: split.value - STEP,
      ArrowRight: split.value + STEP,
      ArrowDown: split.value + STEP,
      PageUp: split.value - 10,
      PageDown: split.value + 10,
      Home: 0,
      End: 100,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    set(to);
    event.preventDefault();
    event.stopPropagation();
  };
  const rest = `${100 - split.value}%`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the handle does the same by keys.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the handle does the same by keys.
    <div
      class={`ig-compare-pane ig-compare-slider${turned ? " ig-is-upright" : ""}${isFitted ? " ig-is-fitted" : ""}`}
      ref={zoom.pane}
      onPointerDown={down}
      onPointerMove={(event) => {
        if (press.current?.slides && event.currentTarget.hasPointerCapture(event.pointerId)) follow(event);
      }}
      onClick={clicked}
    >
      <div class="ig-compare-slider__under">
        <Layer picture={second} index={pair[1]} zoom={zoom} transform={transform} pixels={pixels} />
      </div>
      <div
        class="ig-compare-slider__over"
        style={{ clipPath: turned ? `inset(0 0 ${rest} 0)` : `inset(0 ${rest} 0 0)` }}
      >
        <Layer picture={first} index={pair[0]} zoom={zoom} transform={transform} pixels={pixels} />
      </div>
      <span class="ig-compare-tag ig-compare-tag--start">{first.label}</span>
      <span class="ig-compare-tag ig-compare-tag--end">{second.label}</span>
      <div
        ref={handle}
        class="ig-compare-handle"
        role="slider"
        tabIndex={0}
        aria-label={`How much of ${first.label} covers ${second.label}`}
        aria-orientation={turned ? "vertical" : "horizontal"}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(split.value)}
        style={turned ? { top: `${split.value}%` } : { left: `${split.value}%` }}
        onKeyDown={pressed}
      >
        <span class="ig-compare-handle__grip" />
      </div>
    </div>
  );
}
