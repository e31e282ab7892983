/** Two pictures in one place, with a handle that uncovers one or the other. */
import { type Signal, useSignal } from "@preact/signals";
import { useZoom } from "../zoom/useZoom";
import { Layer } from "./Layer";
import type { WayProps } from "./views";

const STEP = 2;

export interface SliderProps extends WayProps {
  /** Whether the handle goes up and down instead of left and right. */
  upright: Signal<boolean>;
}

const onHandle = (event: Event): boolean =>
  event.target instanceof Element && event.target.closest(".ig-compare-handle") !== null;

export function Slider({ pictures, pair, transform, pixels, upright }: SliderProps) {
  const split = useSignal(50);
  const [first, second] = [pictures[pair[0]], pictures[pair[1]]];
  const zoom = useZoom({
    transform,
    picture: () => first ?? { width: 1, height: 1 },
    wheelAlone: false,
    taken: onHandle,
  });
  if (first === undefined || second === undefined) return null;
  const turned = upright.value;
  const set = (to: number) => {
    split.value = Math.max(0, Math.min(100, to));
  };
  const dragged = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = zoom.pane.current?.getBoundingClientRect();
    if (box === undefined) return;
    const at = turned ? (event.clientY - box.top) / box.height : (event.clientX - box.left) / box.width;
    set(at * 100);
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
    <div class={`ig-compare-pane ig-compare-slider${turned ? " ig-is-upright" : ""}`} ref={zoom.pane}>
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
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={dragged}
      >
        <span class="ig-compare-handle__grip" />
      </div>
    </div>
  );
}
