/** A pane whose picture can be zoomed and shifted: its measured size, and gestures while it is on the page. */
import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { gestures } from "./gestures";
import { fitted, type Transform } from "./transform";

export interface Zoom {
  pane: RefObject<HTMLDivElement | null>;
  /** The picture's fitted size in CSS pixels. */
  size: { readonly value: { width: number; height: number } };
  /** Device pixels on the longer side that the present zoom can show. */
  needPx: { readonly value: number };
}

export interface ZoomOptions {
  transform: Signal<Transform>;
  picture: () => { width: number; height: number };
  wheelAlone: boolean;
  taken?: (event: PointerEvent) => boolean;
}

export function useZoom({ transform, picture, wheelAlone, taken }: ZoomOptions): Zoom {
  const pane = useRef<HTMLDivElement>(null);
  const room = useSignal({ width: 0, height: 0 });
  const asked = useRef({ picture, taken });
  asked.current = { picture, taken };
  const native = useSignal(picture());
  const now = picture();
  if (now.width !== native.peek().width || now.height !== native.peek().height) native.value = now;
  const size = useComputed(() => fitted(native.value, room.value));
  const needPx = useComputed(() =>
    Math.ceil(
      Math.max(size.value.width, size.value.height) * transform.value.scale * window.devicePixelRatio,
    ),
  );
  useLayoutEffect(() => {
    const element = pane.current;
    if (element === null) return undefined;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width !== room.value.width || height !== room.value.height) room.value = { width, height };
    };
    measure();
    const sized = new ResizeObserver(measure);
    sized.observe(element);
    const end = gestures({
      pane: element,
      get: () => transform.value,
      set: (to) => {
        transform.value = to;
      },
      size: () => size.value,
      wheelAlone,
      taken: (event) => asked.current.taken?.(event) ?? false,
    });
    return () => {
      sized.disconnect();
      end();
    };
  }, [transform, room, size, wheelAlone]);
  return { pane, size, needPx };
}
