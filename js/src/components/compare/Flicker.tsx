/** Two pictures in one place, in turn: what differs moves. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useZoom } from "../zoom/useZoom";
import { Layer } from "./Layer";
import type { WayProps } from "./views";

/** Slow enough for everybody: one full change a second and a half. */
export const TURN_MS = 750;

const calm = (): boolean => window.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;

export function Flicker({ pictures, pair, transform, pixels }: WayProps) {
  const second = useSignal(false);
  const running = useSignal(!calm());
  const [a, b] = [pictures[pair[0]], pictures[pair[1]]];
  const zoom = useZoom({ transform, picture: () => a ?? { width: 1, height: 1 }, wheelAlone: false });
  useSignalEffect(() => {
    if (!running.value) return undefined;
    const turn = setInterval(() => {
      second.value = !second.peek();
    }, TURN_MS);
    return () => clearInterval(turn);
  });
  if (a === undefined || b === undefined) return null;
  const shown = second.value ? b : a;
  return (
    <div class="ig-compare-flicker">
      <div class="ig-compare-pane" ref={zoom.pane}>
        <div class="ig-compare-flicker__one">
          <Layer picture={a} index={pair[0]} zoom={zoom} transform={transform} pixels={pixels} />
        </div>
        <div class={`ig-compare-flicker__one${second.value ? "" : " ig-is-hidden"}`}>
          <Layer picture={b} index={pair[1]} zoom={zoom} transform={transform} pixels={pixels} />
        </div>
        <span class="ig-compare-tag ig-compare-tag--start">{shown.label}</span>
      </div>
      <div class="ig-compare-bar">
        <button
          type="button"
          class="ig-button"
          onClick={() => {
            running.value = !running.value;
          }}
        >
          {running.value ? "Pause" : "Play"}
        </button>
        <button
          type="button"
          class="ig-button"
          onClick={() => {
            running.value = false;
            second.value = !second.value;
          }}
        >
          Show the other
        </button>
      </div>
    </div>
  );
}
