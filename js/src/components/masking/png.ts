/** Greyscale PNG, written here: a canvas would make it RGBA, and some browsers add noise to what they read back. */
import type { Raster } from "./raster";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const BYTES_AT_ONCE = 2 ** 19;

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    return crc;
  });
}

function chunk(kind: string, content: Uint8Array, table: Uint32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i += 1) bytes[4 + i] = kind.charCodeAt(i);
  bytes.set(content, 8);
  const end = bytes.length - 4;
  let crc = -1;
  for (let at = 4; at < end; at += 1)
    crc = (table[(crc ^ (bytes[at] as number)) & 255] as number) ^ (crc >>> 8);
  view.setUint32(end, crc ^ -1);
  return bytes;
}

/** Rows with their filter byte (0, none), a strip at a time; browsers may deflate on the page's thread, so it gets a turn between. */
function strips({ width, height, data }: Raster): ReadableStream<BufferSource> {
  let y = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve));
      const rows = Math.min(Math.ceil(BYTES_AT_ONCE / width), height - y);
      const strip = new Uint8Array(rows * (width + 1));
      for (let row = 0; row < rows; row += 1, y += 1) {
        strip.set(data.subarray(y * width, (y + 1) * width), row * (width + 1) + 1);
      }
      controller.enqueue(strip);
      if (y === height) controller.close();
    },
  });
}

/** 8 bits, one channel, the raster's own size. The page stays free meanwhile. */
export async function encodePng(raster: Raster): Promise<Blob> {
  const deflated = strips(raster).pipeThrough(new CompressionStream("deflate"));
  const content = new Uint8Array(await new Response(deflated).arrayBuffer());
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, raster.width);
  view.setUint32(4, raster.height);
  head[8] = 8; // bits; the zeros after it: grey, deflate, filters of the standard, not interlaced
  const table = crcTable();
  const parts = [
    chunk("IHDR", head, table),
    chunk("IDAT", content, table),
    chunk("IEND", new Uint8Array(), table),
  ];
  return new Blob([new Uint8Array(SIGNATURE), ...parts], { type: "image/png" });
}
