/** Many pictures: found, ordered, selected, starred and looked at. */
import "../../theme/theme"; // first: the parts below build on it
import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { Caption, Item } from "../../contract/gallery";
import { Gone } from "../Gone";
import { Grid } from "./Grid";
import { EVERYTHING, models, ordered, type Wish } from "./order";
import type { Pictures } from "./pictures";
import { Toolbar } from "./Toolbar";
import { Viewer } from "./Viewer";
import "./Gallery.css";

export interface GalleryProps {
  items: ReadonlySignal<readonly Item[]>;
  /** How many there are; more than `items` while they are on their way, null before anything is known. */
  total: ReadonlySignal<number | null>;
  captions: ReadonlySignal<readonly Caption[]>;
  cellPx: ReadonlySignal<number>;
  selection: ReadonlySignal<readonly number[]>;
  pictures: Pictures;
  /** Whether the kernel has gone that has the pictures. */
  gone: ReadonlySignal<boolean>;
  onSelect: (indices: readonly number[]) => void;
  onStar: (index: number, starred: boolean) => void;
}

const number = new Intl.NumberFormat("en");

/** "24 of 5,000 pictures, 3 selected". */
export function inWords(shown: number, here: number, total: number, selected: number): string {
  const noun = total === 1 ? "picture" : "pictures";
  const count =
    shown === total
      ? `${number.format(total)} ${noun}`
      : `${number.format(shown)} of ${number.format(total)} ${noun}`;
  const loading = here < total ? `, ${number.format(total - here)} on their way` : "";
  return `${count}${loading}${selected > 0 ? `, ${number.format(selected)} selected` : ""}`;
}

function Nothing({ total, wish }: { total: number | null; wish: Wish }) {
  if (total === null) return <p class="ig-gallery__nothing">Waiting for the kernel…</p>;
  if (total === 0) return <p class="ig-gallery__nothing">No pictures yet.</p>;
  const what =
    wish.starred && wish.text === "" && wish.model === "" ? "No picture has a star." : "No picture fits.";
  return <p class="ig-gallery__nothing">{what}</p>;
}

export function Gallery(props: GalleryProps) {
  const { items, total, captions, cellPx, selection, pictures, gone, onSelect, onStar } = props;
  const wish = useSignal<Wish>(EVERYTHING);
  const own = useSignal<readonly Caption[]>(captions.value);
  const enlarged = useSignal(0);
  const looking = useSignal(false);
  const goTo = useSignal<number | null>(null);
  const order = useComputed(() => ordered(items.value, wish.value));
  const every = useComputed(() => models(items.value));
  const state = useComputed(() => {
    if (total.value === null) return "";
    return inWords(order.value.length, items.value.length, total.value, selection.value.length);
  });
  useSignalEffect(() => {
    own.value = captions.value;
  });
  const star = (index: number) => {
    const item = items.value[index];
    if (item !== undefined && !gone.value) onStar(index, !item.starred);
  };
  const close = () => {
    looking.value = false;
    goTo.value = Math.max(0, order.value.indexOf(enlarged.value));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section would be one landmark per cell.
    <div class="ig-gallery" role="group" aria-label="Gallery">
      <Toolbar wish={wish} models={every} captions={own} state={state} />
      {gone.value && <Gone>Stars, and pictures that are not here yet, need it: run this cell again.</Gone>}
      {order.value.length > 0 ? (
        <Grid
          items={items}
          order={order}
          captions={own}
          cellPx={cellPx}
          selection={selection}
          pictures={pictures}
          onSelect={onSelect}
          onStar={star}
          onEnlarge={(place) => {
            const index = order.value[place];
            if (index === undefined) return;
            enlarged.value = index;
            looking.value = true;
          }}
          goTo={goTo}
        />
      ) : (
        <Nothing total={total.value} wish={wish.value} />
      )}
      {looking.value && (
        <Viewer
          items={items}
          order={order}
          index={enlarged}
          pictures={pictures}
          onStar={star}
          onClose={close}
        />
      )}
    </div>
  );
}
