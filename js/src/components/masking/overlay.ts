/** The mask as it is laid over the picture: one colour, as opaque as the mask is strong. */
import type { Raster, Rect } from "./raster";
import type { View } from "./view";

/** RGBA words by mask value, as `ImageData` has them on the little-endian machines that browsers run on. */
export function inks(colour: string): Uint32Array {
  const rgb = Number.parseInt(colour.slice(1), 16);
  const bgr = ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16);
  return Uint32Array.from({ length: 256 }, (_, value) => ((value << 24) | bgr) >>> 0);
}

/** For each stage pixel from `from` to `to`, the two picture pixels to look at; -1 beside the picture. */
function lookUp(from: number, to: number, offset: number, scale: number, length: number): Int32Array {
  const found = new Int32Array(2 * (to - from));
  for (let at = 0; at < found.length; at += 1) {
    const place = Math.floor((from + 0.25 + at / 2 - offset) / scale);
    found[at] = place < 0 || place >= length ? -1 : place;
  }
  return found;
}

/**
 * Fill `words` with what a rectangle of the stage shows of the mask. Each is the mean of four places of its pixel, which keeps edges calm when
 * the picture is shown small and leaves single pixels square when it is shown large.
 */
export function shade(
  words: Uint32Array,
  rect: Rect,
  view: View,
  { width, height, data }: Raster,
  ink: Uint32Array,
): void {
  const columns = lookUp(rect.x0, rect.x1, view.x, view.scale, width);
  const rows = lookUp(rect.y0, rect.y1, view.y, view.scale, height);
  let at = 0;
  for (let row = 0; row < rows.length; row += 2) {
    const [upper, lower] = [rows[row] as number, rows[row + 1] as number];
    const [up, low] = [upper * width, lower * width];
    for (let column = 0; column < columns.length; column += 2, at += 1) {
      const [left, right] = [columns[column] as number, columns[column + 1] as number];
      if (left < 0 || right < 0 || upper < 0 || lower < 0) words[at] = 0;
      else {
        const four =
          (data[up + left] as number) +
          (data[up + right] as number) +
          (data[low + left] as number) +
          (data[low + right] as number);
        words[at] = ink[(four + 2) >> 2] as number;
      }
    }
  }
}
