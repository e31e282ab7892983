/** What differs between two pictures, drawn and counted. */

/** A channel that differs by no more than this is the same to the eye; JPEG alone moves it that far. */
export const SAME_UP_TO = 8;
const MAX_SIDE_PX = 1024;

/** The part of pixels with a channel beyond `SAME_UP_TO`; `rgba` holds the differences. */
export function shareOf(rgba: Uint8ClampedArray): number {
  let different = 0;
  for (let at = 0; at < rgba.length; at += 4) {
    const most = Math.max(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    if (most > SAME_UP_TO) different += 1;
  }
  return rgba.length === 0 ? 0 : different / (rgba.length / 4);
}

async function decoded(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/** Draws |a − b| onto a canvas, the second stretched to the first's size; gives the share of pixels that differ. */
export async function drawDifference(canvas: HTMLCanvasElement, a: string, b: string): Promise<number> {
  const [first, second] = await Promise.all([decoded(a), decoded(b)]);
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(first.naturalWidth, first.naturalHeight));
  canvas.width = Math.max(1, Math.round(first.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(first.naturalHeight * scale));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (pen === null) throw new Error("this browser cannot draw");
  pen.fillStyle = "#fff"; // what is transparent in both is no difference
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(first, 0, 0, canvas.width, canvas.height);
  pen.globalCompositeOperation = "difference";
  pen.drawImage(second, 0, 0, canvas.width, canvas.height);
  return shareOf(pen.getImageData(0, 0, canvas.width, canvas.height).data);
}

/** "0.4 % of the pixels differ". */
export function inWords(share: number): string {
  if (share === 0) return "No pixel differs.";
  const percent = share < 0.001 ? "less than 0.1" : (share * 100).toFixed(share < 0.1 ? 1 : 0);
  return `${percent} % of the pixels differ.`;
}
