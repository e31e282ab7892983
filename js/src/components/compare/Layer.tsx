/** One picture, or what is known of it, at its fitted size under the shared zoom. */
import { useSignalEffect } from "@preact/signals";
import type { Compared } from "../../contract/compare";
import { css } from "../zoom/transform";
import type { Zoom } from "../zoom/useZoom";
import { sizeToAsk, type WayProps } from "./views";

export interface LayerProps extends Pick<WayProps, "transform" | "pixels"> {
  picture: Compared;
  index: number;
  zoom: Zoom;
  /** How much larger than the pane a part of it is shown, as under a loupe. */
  magnified?: number;
}

export function Layer({ picture, index, zoom, transform, pixels, magnified = 1 }: LayerProps) {
  useSignalEffect(() => {
    const need = zoom.needPx.value * magnified;
    if (need > 0) pixels.need(index, sizeToAsk(need, picture));
  });
  const found = pixels.picture(index).value;
  const { width, height } = zoom.size.value;
  const native = Math.max(picture.width, picture.height);
  if (found === null)
    return <span class="ig-compare-layer__blank" role="img" aria-label={`${picture.label} is on its way`} />;
  if ("reason" in found) return <p class="ig-compare-layer__failed">{found.reason}</p>;
  return (
    <img
      class={`ig-compare-layer${native > 0 && zoom.needPx.value > native * 3 ? " ig-is-pixelated" : ""}`}
      src={found.url}
      alt={`${picture.label}: ${picture.alt}`}
      draggable={false}
      style={{ width: `${width}px`, height: `${height}px`, transform: css(transform.value) }}
    />
  );
}
