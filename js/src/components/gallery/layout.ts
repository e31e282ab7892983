/** Where the cells of a grid stand, and which rows are in view. */

export interface Layout {
  columns: number;
  rows: number;
  /** Side of a cell's picture. */
  cellPx: number;
  /** From the top of a row to the top of the next. */
  rowPx: number;
  heightPx: number;
}

export const GAP_PX = 10;
export const CAPTION_LINE_PX = 18;
/** Space between a picture and its caption, and around both for the mark of a selection. */
export const CELL_EXTRA_PX = 4;
/** Rows that are kept beyond each edge of the view. */
export const OVERSCAN_ROWS = 2;

export interface LayoutWish {
  widthPx: number;
  cellPx: number;
  captionLines: number;
  count: number;
}

/** As many columns as leave the wanted width to each; two at least where there is room for two small ones. */
export function layout({ widthPx, cellPx, captionLines, count }: LayoutWish): Layout {
  const fitting = Math.floor((widthPx + GAP_PX) / (cellPx + GAP_PX));
  const columns = Math.max(1, widthPx >= 260 ? Math.max(2, fitting) : fitting);
  const side = Math.max(1, (widthPx - (columns - 1) * GAP_PX) / columns);
  const rows = Math.ceil(count / columns);
  const rowPx = Math.round(side + CELL_EXTRA_PX + captionLines * CAPTION_LINE_PX + GAP_PX);
  return { columns, rows, cellPx: side, rowPx, heightPx: rows * rowPx };
}

/** First and last row to draw, `last` not included. */
export function rowsInView({ rows, rowPx }: Layout, topPx: number, viewPx: number): [number, number] {
  const first = Math.max(0, Math.floor(topPx / rowPx) - OVERSCAN_ROWS);
  const last = Math.min(rows, Math.ceil((topPx + viewPx) / rowPx) + OVERSCAN_ROWS);
  return [Math.min(first, Math.max(0, last - 1)), last];
}

/** Where to scroll so that a row is in view; the present place where it is already. */
export function topFor({ rowPx }: Layout, row: number, topPx: number, viewPx: number): number {
  const [start, end] = [row * rowPx, (row + 1) * rowPx];
  if (start < topPx) return start;
  return end > topPx + viewPx ? end - viewPx : topPx;
}
