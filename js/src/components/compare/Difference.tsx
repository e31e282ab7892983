/** Where two pictures differ: black where they are the same. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { css } from "../zoom/transform";
import { useZoom } from "../zoom/useZoom";
import { drawDifference, inWords } from "./subtract";
import { sizeToAsk, type WayProps } from "./views";

const MAX_GAIN = 16;

export function Difference({ pictures, pair, transform, pixels }: WayProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const gain = useSignal(4);
  const words = useSignal("");
  const [a, b] = [pictures[pair[0]], pictures[pair[1]]];
  const zoom = useZoom({ transform, picture: () => a ?? { width: 1, height: 1 }, wheelAlone: false });
  const [first, second] = [pixels.picture(pair[0]).value, pixels.picture(pair[1]).value];
  const from = first !== null && "url" in first ? first.url : "";
  const to = second !== null && "url" in second ? second.url : "";
  useSignalEffect(() => {
    for (const [index, picture] of [[pair[0], a] as const, [pair[1], b] as const]) {
      if (picture !== undefined) pixels.need(index, sizeToAsk(Math.max(zoom.needPx.value, 1024), picture));
    }
  });
  useEffect(() => {
    let over = false;
    const element = canvas.current;
    if (from === "" || to === "" || element === null) return undefined;
    drawDifference(element, from, to).then(
      (share) => {
        if (!over) words.value = inWords(share);
      },
      () => {
        if (!over) words.value = "These pictures cannot be drawn.";
      },
    );
    return () => {
      over = true;
    };
  }, [from, to, words]);
  if (a === undefined || b === undefined) return null;
  const stretched = a.width * b.height !== b.width * a.height;
  const { width, height } = zoom.size.value;
  return (
    <div class="ig-compare-flicker">
      <div class="ig-compare-pane ig-compare-pane--black" ref={zoom.pane}>
        <canvas
          class="ig-compare-layer"
          role="img"
          aria-label={`Difference of ${a.label} and ${b.label}. ${words.value}`}
          ref={canvas}
          style={{
            width: `${width}px`,
            height: `${height}px`,
            transform: css(transform.value),
            filter: `brightness(${gain.value})`,
          }}
        />
      </div>
      <div class="ig-compare-bar">
        <label class="ig-compare-field ig-compare-range">
          <span>Brightness</span>
          <input
            type="range"
            class="ig-compare-range__input"
            min={1}
            max={MAX_GAIN}
            step={1}
            value={gain.value}
            aria-valuetext={`${gain.value} times`}
            onInput={(event) => {
              gain.value = Number(event.currentTarget.value);
            }}
          />
          <span class="ig-compare-range__value">{gain.value}×</span>
        </label>
        <p class="ig-compare-bar__state" role="status">
          {words.value}
          {stretched && ` ${b.label} has other proportions and is stretched.`}
        </p>
      </div>
    </div>
  );
}
