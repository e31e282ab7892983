/** The pictures and masks that come in, as elements and bytes. */
import { grey } from "./area";
import type { Raster, Size } from "./raster";
import { inSlices } from "./slices";

export interface Opened {
  data: Uint8Array<ArrayBuffer>;
  had: Size;
}

export interface Picture extends Size {
  element: HTMLElement;
}

const ROWS_AT_ONCE = 128;

function context(width: number, height: number, options?: CanvasRenderingContext2DSettings) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const made = canvas.getContext("2d", options);
  if (made === null) throw new Error("This browser cannot draw.");
  return made;
}

/** Ready to be shown at its own size; a decoding error where it is none. Its address ends with `life`. */
export async function openPicture(source: Blob | ImageBitmap, life: AbortSignal): Promise<Picture> {
  if (!(source instanceof Blob)) {
    const { width, height } = source;
    const pen = context(width, height);
    pen.drawImage(source, 0, 0);
    return { element: pen.canvas, width, height };
  }
  const image = new Image();
  image.src = URL.createObjectURL(source);
  life.addEventListener("abort", () => URL.revokeObjectURL(image.src), { once: true });
  image.alt = "";
  image.draggable = false;
  await image.decode();
  return { element: image, width: image.naturalWidth, height: image.naturalHeight };
}

function* readStrips(bitmap: ImageBitmap, { width, height, data }: Raster): Generator<void> {
  const pen = context(width, Math.min(ROWS_AT_ONCE, height), { willReadFrequently: true });
  for (let y = 0; y < height; y += ROWS_AT_ONCE) {
    const rows = Math.min(ROWS_AT_ONCE, height - y);
    pen.clearRect(0, 0, width, rows);
    pen.drawImage(bitmap, 0, -y, width, height);
    grey(pen.getImageData(0, 0, width, rows).data, data.subarray(y * width, (y + rows) * width));
    yield;
  }
}

/** A mask from any picture, scaled to `size`, and the size that it had; never there where `life` ends before. */
export async function readMask(source: Blob, { width, height }: Size, life: AbortSignal): Promise<Opened> {
  const bitmap = await createImageBitmap(source);
  const had = { width: bitmap.width, height: bitmap.height };
  const data = new Uint8Array(width * height);
  await inSlices(readStrips(bitmap, { width, height, data }), life);
  bitmap.close();
  return { data, had };
}
