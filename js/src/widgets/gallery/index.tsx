/** The Gallery widget: the component, bound to a widget model for the life of one view. */
import type { AnyWidget, InitializeProps, RenderProps } from "@anywidget/types";
import { signal } from "@preact/signals";
import { render as mount } from "preact";
import { Gallery } from "../../components/gallery/Gallery";
import { layout, OVERSCAN_ROWS } from "../../components/gallery/layout";
import type { GalleryContract, Traits } from "../../contract/gallery";
import { bind } from "../../model/binding";
import { atEnd, beginLife } from "../../model/life";
import { keepShortcutsOut } from "../../model/shortcuts";
import { standingIn } from "../../model/stand_in";
import { type Ahead, ahead } from "./ahead";
import { itemsOf, type Room } from "./items";
import { picturesOf } from "./pictures";

const FIRST_ITEMS = 100;
/** As high as the grid becomes at most (Gallery.css). */
const HEIGHT_PX = 560;

/** How many pictures a new grid will show, and how large; none where the page has not placed it yet. */
function roomIn(el: HTMLElement, cellPx: number): Room {
  const widthPx = el.clientWidth;
  if (widthPx === 0) return { count: 0, px: 0 };
  const grid = layout({ widthPx, cellPx, captionLines: 2, count: FIRST_ITEMS });
  const rows = Math.ceil(HEIGHT_PX / grid.rowPx) + OVERSCAN_ROWS;
  return {
    count: Math.min(FIRST_ITEMS, rows * grid.columns),
    px: Math.ceil(grid.cellPx * window.devicePixelRatio),
  };
}

function show({ model, el, signal: host }: RenderProps<Traits>, early: Ahead): () => void {
  const life = beginLife(host);
  const binding = early.within(bind<GalleryContract>(model, life.signal));
  const view = Math.random().toString(36).slice(2); // crypto.randomUUID is missing on pages without TLS
  el.classList.add("ig-root", "ig-gallery-root");
  keepShortcutsOut(el, life.signal);
  const room = roomIn(el, model.get("cell_px"));
  const pictures = picturesOf(binding, view); // first: it hears which pictures come by themselves
  const { items, total, star } = itemsOf(binding, view, room);
  const selection = signal<readonly number[]>(model.get("selection"));
  const follow = () => {
    selection.value = model.get("selection");
  };
  model.on("change:selection", follow);
  mount(
    <Gallery
      items={items}
      total={total}
      captions={binding.trait("captions")}
      cellPx={binding.trait("cell_px")}
      selection={selection}
      pictures={pictures}
      gone={binding.gone}
      onSelect={(indices) => {
        model.set("selection", [...indices]);
        model.save_changes();
      }}
      onStar={star}
    />,
    el,
  );
  atEnd(life.signal, () => {
    model.off("change:selection", follow);
    binding.send({ kind: "bye", view });
    mount(null, el);
  });
  return life.end;
}

export default () => {
  const early = ahead();
  const { initialize, render } = standingIn<Traits>((props) => show(props, early));
  return {
    initialize(props: InitializeProps<Traits>) {
      const life = beginLife(props.signal);
      early.listen(props.model, life.signal);
      const end = initialize(props);
      return () => {
        life.end();
        end();
      };
    },
    render,
  } satisfies AnyWidget<Traits>;
};
