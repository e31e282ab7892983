// biome-ignore-all lint/a11y/useSemanticElements: a table cannot leave out the rows that are not in view.
// biome-ignore-all lint/a11y/useFocusableInteractive: the keyboard is on the cells.
/** The scrolling grid: only the rows in view are on the page, however many there are. */
import { type ReadonlySignal, type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Caption, Item } from "../../contract/gallery";
import { hasKeyboard } from "../focus";
import { Cell } from "./Cell";
import { layout, rowsInView, topFor } from "./layout";
import { type Keys, moved, type Picking, picked } from "./picking";
import type { Pictures } from "./pictures";

export interface GridProps {
  items: ReadonlySignal<readonly Item[]>;
  /** Indices of the items to show, in their order. */
  order: ReadonlySignal<readonly number[]>;
  captions: ReadonlySignal<readonly Caption[]>;
  cellPx: ReadonlySignal<number>;
  selection: ReadonlySignal<readonly number[]>;
  pictures: Pictures;
  /** A place to take the keyboard to; null again once that is done. */
  goTo: Signal<number | null>;
  onSelect: (indices: readonly number[]) => void;
  onStar: (index: number) => void;
  onEnlarge: (place: number) => void;
}

/** Until the page has measured: what a notebook is like. */
const UNMEASURED = { widthPx: 640, heightPx: 560 };

const keysOf = ({ shiftKey, ctrlKey, metaKey }: MouseEvent | KeyboardEvent): Keys => ({
  shift: shiftKey,
  toggle: ctrlKey || metaKey,
});

/** The cell an event happened in, and what was pressed there: a button's task, or "". */
function target(event: Event): { place: number; task: string } | null {
  const at = event.target instanceof Element ? event.target : null;
  const place = at?.closest("[data-place]")?.getAttribute("data-place");
  const task = at?.closest("[data-do]")?.getAttribute("data-do") ?? "";
  return place == null ? null : { place: Number(place), task };
}

export function Grid(props: GridProps) {
  const { items, order, captions, cellPx, selection, pictures, goTo, onSelect, onStar, onEnlarge } = props;
  const box = useRef<HTMLDivElement>(null);
  const size = useSignal(UNMEASURED);
  const top = useSignal(0);
  const at = useSignal({ place: 0, item: -1 });
  /** The item where a range begins. */
  const anchor = useRef(-1);

  const lines = (names: readonly Caption[]) =>
    Number(names.includes("prompt")) + Number(names.some((name) => name !== "prompt"));
  const grid = useComputed(() =>
    layout({
      widthPx: size.value.widthPx,
      cellPx: cellPx.value,
      captionLines: lines(captions.value),
      count: order.value.length,
    }),
  );
  // The keyboard stays with its picture when others come before it; where that goes, with its place.
  const active = useComputed(() => {
    const now = order.value.indexOf(at.value.item);
    return now >= 0 ? now : Math.max(0, Math.min(at.value.place, order.value.length - 1));
  });
  // As text, so that a scroll within the same rows draws nothing.
  const range = useComputed(() => rowsInView(grid.value, top.value, size.value.heightPx).join());
  const chosen = useComputed(() => new Set(selection.value));

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = () => {
      if (element.clientWidth === 0) return;
      size.value = { widthPx: element.clientWidth, heightPx: element.clientHeight };
    };
    measure();
    const sized = new ResizeObserver(measure);
    sized.observe(element);
    return () => sized.disconnect();
  }, [size]);

  useSignalEffect(() => {
    const [first = 0, last = 0] = range.value.split(",").map(Number);
    const { columns, cellPx: side } = grid.value;
    const wanted = order.value.slice(first * columns, last * columns);
    pictures.want(wanted, Math.ceil(side * window.devicePixelRatio));
  });

  const [first = 0, last = 0] = range.value.split(",").map(Number);
  const { columns, rows, rowPx, heightPx } = grid.value;
  const drawn = Array.from({ length: last - first }, (_, i) => first + i);
  const activeRow = Math.floor(active.value / columns);
  // The row with the keyboard stays on the page, else scrolling would take the focus away.
  if (rows > 0 && !drawn.includes(activeRow)) drawn.push(activeRow);

  const held = hasKeyboard(box.current);
  useLayoutEffect(() => {
    // A picture that moves to another row is made anew there.
    if (held && !hasKeyboard(box.current)) {
      box.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
    }
  });

  const goThere = (to: number) => {
    at.value = { place: to, item: order.value[to] ?? -1 };
  };
  const focus = (to: number) => {
    goThere(to);
    const element = box.current;
    if (element === null) return;
    element.scrollTop = topFor(grid.value, Math.floor(to / columns), element.scrollTop, element.clientHeight);
    top.value = element.scrollTop;
    requestAnimationFrame(() =>
      element.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true }),
    );
  };
  useSignalEffect(() => {
    if (goTo.value === null) return;
    const to = goTo.value;
    goTo.value = null;
    focus(to);
  });
  const select = (to: number, keys: Keys) => {
    const began = Math.max(0, order.value.indexOf(anchor.current));
    const before: Picking = { chosen: selection.value, anchor: began, active: active.value };
    const after = picked(before, order.value, to, keys);
    anchor.current = order.value[after.anchor] ?? -1;
    onSelect(after.chosen);
  };
  const star = (to: number) => {
    const index = order.value[to];
    if (index !== undefined) onStar(index);
  };

  const clicked = (event: MouseEvent) => {
    const hit = target(event);
    if (hit === null) return;
    goThere(hit.place);
    if (hit.task === "star") star(hit.place);
    else if (hit.task === "enlarge") onEnlarge(hit.place);
    else select(hit.place, keysOf(event));
  };
  const tasks: Record<string, (keys: Keys) => void> = {
    " ": (keys) => select(active.value, keys.shift ? keys : { shift: false, toggle: true }),
    Enter: () => onEnlarge(active.value),
    Escape: () => onSelect([]),
    s: () => star(active.value),
    "Ctrl a": () => onSelect([...order.value]),
  };
  const walk = (to: number, { shift }: Keys) => {
    if (shift) select(to, { shift: true, toggle: false });
    focus(to);
  };
  const pressed = (event: KeyboardEvent) => {
    const keys = keysOf(event);
    const page = Math.max(1, Math.floor(size.value.heightPx / rowPx));
    const to = moved(event.key, active.value, { columns, count: order.value.length, page });
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const task = to === null ? tasks[keys.toggle ? `Ctrl ${key}` : key] : () => walk(to, keys);
    if (event.altKey || task === undefined) return;
    task(keys);
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      class="ig-gallery-grid"
      role="grid"
      aria-label="Pictures"
      aria-multiselectable={true}
      aria-rowcount={rows}
      aria-colcount={columns}
      ref={box}
      onScroll={({ currentTarget }) => {
        top.value = currentTarget.scrollTop;
      }}
      onClick={clicked}
      onDblClick={(event) => {
        const hit = target(event);
        if (hit !== null && hit.task === "") onEnlarge(hit.place);
      }}
      onKeyDown={pressed}
      onFocusIn={(event) => {
        const hit = target(event);
        if (hit !== null) goThere(hit.place);
      }}
    >
      <div class="ig-gallery-grid__all" role="presentation" style={{ height: `${heightPx}px` }}>
        {drawn.map((row) => (
          <div
            key={row}
            class="ig-gallery-grid__row"
            role="row"
            aria-rowindex={row + 1}
            style={{ transform: `translateY(${row * rowPx}px)`, "--ig-columns": String(columns) }}
          >
            {order.value.slice(row * columns, (row + 1) * columns).map((index, column) => {
              const item = items.value[index];
              return (
                item && (
                  <Cell
                    key={index}
                    item={item}
                    index={index}
                    place={row * columns + column}
                    column={column}
                    captions={captions.value}
                    selected={chosen.value.has(index)}
                    active={row * columns + column === active.value}
                    pictures={pictures}
                  />
                )
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}
