import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodePng } from "../../src/components/masking/png";

test("writes the raster as a greyscale PNG of its size", async () => {
  const [width, height] = [7, 131];
  const data = Uint8Array.from({ length: width * height }, (_, at) => (at * 37) & 255);
  const blob = await encodePng({ width, height, data });
  expect(blob.type).toBe("image/png");
  const bytes = new DataView(await blob.arrayBuffer());
  expect(bytes.getUint32(0)).toBe(0x89504e47);
  expect([bytes.getUint32(16), bytes.getUint32(20), bytes.getUint8(24), bytes.getUint8(25)]).toEqual([
    width,
    height,
    8,
    0,
  ]);
  const length = bytes.getUint32(33);
  const rows = inflateSync(new Uint8Array(bytes.buffer, 41, length));
  const read = Array.from({ length: height }, (_, y) => [
    ...rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)),
  ]);
  expect(read.flat()).toEqual([...data]);
  const end = new Uint8Array(bytes.buffer).slice(-12);
  expect([...end]).toEqual([0, 0, 0, 0, 73, 69, 78, 68, 0xae, 0x42, 0x60, 0x82]);
});
