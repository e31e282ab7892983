// biome-ignore-all lint/a11y/useSemanticElements: a table cannot leave out the rows that are not in view.
/** One picture of the grid. */

import type { Caption, Item } from "../../contract/gallery";
import { Icon } from "../icons";
import { RESULT_TYPE } from "../inputs/picking";
import { memo } from "./memo";
import type { Picture, Pictures } from "./pictures";
import { altOf, facts, inOneLine, nameOf } from "./words";

export interface CellProps {
  item: Item;
  index: number;
  place: number;
  column: number;
  captions: readonly Caption[];
  selected: boolean;
  active: boolean;
  pictures: Pictures;
}

function Thumb({ item, picture }: { item: Item; picture: Picture }) {
  if (picture === null) return <span class="ig-gallery-cell__blank" />;
  if ("reason" in picture) {
    return (
      <span class="ig-gallery-cell__failed" title={picture.reason}>
        <Icon name="warning" />
        <span>{picture.reason}</span>
      </span>
    );
  }
  return (
    <img
      class="ig-gallery-cell__image"
      src={picture.url}
      alt={altOf(item)}
      draggable={false}
      decoding="async"
    />
  );
}

/** Drawn again only where something of it changed. Its events are heard by the grid. */
export const Cell = memo(function Cell(props: CellProps) {
  const { item, index, place, column, captions, selected, active, pictures } = props;
  const line = facts(item, captions);
  const picture = pictures.thumb(index).value;
  const lost = picture !== null && "reason" in picture ? `${picture.reason} ` : "";
  return (
    <div
      role="gridcell"
      class={`ig-gallery-cell${selected ? " ig-is-selected" : ""}`}
      aria-colindex={column + 1}
      aria-selected={selected}
      aria-label={lost + nameOf(item, captions)}
      tabIndex={active ? 0 : -1}
      data-place={place}
      draggable={item.key !== ""}
      onDragStart={({ dataTransfer }) => dataTransfer?.setData(RESULT_TYPE, item.key)}
    >
      <div class="ig-gallery-cell__picture">
        <Thumb item={item} picture={picture} />
        <span class="ig-gallery-cell__tick" aria-hidden="true">
          <Icon name="check" />
        </span>
        <button
          type="button"
          class="ig-button ig-gallery-cell__star"
          tabIndex={-1}
          aria-pressed={item.starred}
          aria-label="Star"
          title={item.starred ? "Take the star away (S)" : "Star (S)"}
          data-do="star"
        >
          <Icon name="star" />
        </button>
        <button
          type="button"
          class="ig-button ig-gallery-cell__enlarge"
          tabIndex={-1}
          aria-label="Enlarge"
          title="Enlarge (Enter)"
          data-do="enlarge"
        >
          <Icon name="enlarge" />
        </button>
      </div>
      {captions.includes("prompt") && (
        <p class="ig-gallery-cell__prompt" dir="auto" title={item.prompt}>
          {inOneLine(item.prompt)}
        </p>
      )}{" "}
      {captions.some((name) => name !== "prompt") && <p class="ig-gallery-cell__facts">{line}</p>}
    </div>
  );
});
