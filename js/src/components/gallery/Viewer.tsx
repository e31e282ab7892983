/** One picture enlarged over the whole page, to zoom, shift and step through. */
import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Item } from "../../contract/gallery";
import { Icon, type IconName } from "../icons";
import { css, FIT, keyed, STEP, type Transform, zoomed } from "../zoom/transform";
import { useZoom } from "../zoom/useZoom";
import type { Picture, Pictures } from "./pictures";
import { altOf, facts } from "./words";
import "./Viewer.css";

export interface ViewerProps {
  items: ReadonlySignal<readonly Item[]>;
  order: ReadonlySignal<readonly number[]>;
  /** The index of the item that is enlarged. */
  index: Signal<number>;
  pictures: Pictures;
  onStar: (index: number) => void;
  onClose: () => void;
}

interface ToolProps {
  icon: IconName;
  label: string;
  disabled?: boolean;
  pressed?: boolean;
  onPress: () => void;
}

function Tool({ icon, label, disabled = false, pressed, onPress }: ToolProps) {
  return (
    <button
      type="button"
      class="ig-button ig-gallery-viewer__tool"
      aria-label={label}
      title={label}
      aria-disabled={disabled}
      aria-pressed={pressed}
      onClick={disabled ? undefined : onPress}
    >
      <Icon name={icon} />
    </button>
  );
}

/** The best of what is here: the full picture, else its thumbnail while that comes. */
function best(full: Picture, thumb: Picture): Picture {
  if (full !== null && "url" in full) return full;
  return thumb !== null && "url" in thumb ? thumb : (full ?? thumb);
}

interface StageProps extends Pick<ViewerProps, "pictures"> {
  item: Item;
  index: number;
  transform: Signal<Transform>;
}

function Stage({ item, index, transform, pictures }: StageProps) {
  const { pane, size, needPx } = useZoom({ transform, picture: () => item, wheelAlone: true });
  const longer = Math.max(item.width, item.height);
  useSignalEffect(() => {
    const need = needPx.value;
    if (need > 0) pictures.enlarge(index, longer > 0 && need >= longer ? 0 : need);
  });
  const picture = best(pictures.full(index).value, pictures.thumb(index).value);
  const { width, height } = size.value;
  const pixelated = longer > 0 && needPx.value > longer * 3;
  return (
    <div class={`ig-gallery-viewer__stage${transform.value.scale > 1 ? " ig-is-zoomed" : ""}`} ref={pane}>
      {picture !== null && "url" in picture && (
        <img
          class={`ig-gallery-viewer__image${pixelated ? " ig-is-pixelated" : ""}`}
          src={picture.url}
          alt={altOf(item)}
          draggable={false}
          style={{ width: `${width}px`, height: `${height}px`, transform: css(transform.value) }}
        />
      )}
      {picture !== null && "reason" in picture && <p class="ig-gallery-viewer__failed">{picture.reason}</p>}
    </div>
  );
}

export function Viewer({ items, order, index, pictures, onStar, onClose }: ViewerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const transform = useSignal<Transform>(FIT);
  const item = items.value[index.value];
  const place = order.value.indexOf(index.value);
  const step = (by: number) => {
    const next = order.value[place + by];
    if (next === undefined) return;
    transform.value = FIT;
    index.value = next;
  };
  useLayoutEffect(() => {
    dialog.current?.showModal();
    dialog.current?.focus();
    return () => dialog.current?.close();
  }, []);
  useEffect(() => {
    const neighbours = [order.value[place - 1], order.value[place + 1]].filter((one) => one !== undefined);
    pictures.want([index.value, ...neighbours], 256);
  }, [pictures, place, index.value, order]);
  if (item === undefined) return null;
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = keyed(event.key, transform.value);
    if (to !== null) transform.value = to;
    else if (event.key === "ArrowLeft" || event.key === "PageUp") step(-1);
    else if (event.key === "ArrowRight" || event.key === "PageDown") step(1);
    else if (event.key.toLowerCase() === "s") onStar(index.value);
    else {
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const count = order.value.length;
  return (
    <dialog
      class="ig-gallery-viewer"
      tabIndex={-1}
      aria-label={`Picture ${place + 1} of ${count}`}
      ref={dialog}
      onKeyDown={pressed}
      onClose={onClose}
    >
      <div class="ig-gallery-viewer__bar">
        <span class="ig-gallery-viewer__count">
          {place + 1} of {count.toLocaleString("en")}
        </span>
        <Tool icon="star" label="Star (S)" pressed={item.starred} onPress={() => onStar(index.value)} />
        <Tool
          icon="minus"
          label="Zoom out (−)"
          disabled={transform.value.scale <= 1}
          onPress={() => {
            transform.value = zoomed(transform.value, 1 / STEP);
          }}
        />
        <button
          type="button"
          class="ig-button ig-gallery-viewer__fit"
          title="Fit (0)"
          aria-label="Fit to the page"
          onClick={() => {
            transform.value = FIT;
          }}
        >
          {transform.value.scale === 1 ? "Fit" : `${Math.round(transform.value.scale * 100)} %`}
        </button>
        <Tool
          icon="plus"
          label="Zoom in (+)"
          onPress={() => {
            transform.value = zoomed(transform.value, STEP);
          }}
        />
        <Tool icon="cross" label="Close (Esc)" onPress={() => dialog.current?.close()} />
      </div>
      <Stage key={index.value} item={item} index={index.value} transform={transform} pictures={pictures} />
      <div class="ig-gallery-viewer__foot">
        <Tool icon="left" label="Previous (←)" disabled={place <= 0} onPress={() => step(-1)} />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
        <section class="ig-gallery-viewer__words" tabIndex={0} aria-label="About this picture">
          <p class="ig-gallery-viewer__prompt" dir="auto">
            {item.prompt}
          </p>
          <p class="ig-gallery-viewer__facts">{facts(item, ["model", "seed", "size", "seconds", "cost"])}</p>
        </section>
        <Tool icon="right" label="Next (→)" disabled={place + 1 >= count} onPress={() => step(1)} />
      </div>
    </dialog>
  );
}
