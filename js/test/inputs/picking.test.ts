import { describe, expect, test } from "vitest";
import {
  acceptedTypes,
  accepts,
  fileSize,
  offerOfFiles,
  offerOfTransfer,
  offerUrl,
  RESULT_TYPE,
  refusalInTheAir,
} from "../../src/components/inputs/picking";
import { file, transfer } from "./transfer";

const png = file("a.png", "image/png");

test.each([
  ["", "notes.txt", "text/plain", true],
  ["image/*", "a.png", "image/png", true],
  ["image/*", "a.txt", "text/plain", false],
  ["image/*", "a", "", false],
  ["image/png, image/jpeg", "a.jpg", "image/jpeg", true],
  ["image/png,image/jpeg", "a.webp", "image/webp", false],
  [".safetensors,.PT", "style.pt", "", true],
  [".png", "png", "image/png", false],
])("a control for %j and %s of type %j: %s", (accept, name, type, will) => {
  expect(accepts(accept, { name, type })).toBe(will);
});

test.each([
  ["", "any file"],
  ["image/*", "pictures"],
  ["image/png", "PNG"],
  ["image/png,image/jpeg,.jpg,.webp", "PNG, JPEG or WebP"],
  ["image/svg+xml,.pdf", "SVG or PDF"],
])("%j reads %s", (accept, words) => {
  expect(acceptedTypes(accept)).toBe(words);
});

test.each([
  [0, "0 bytes"],
  [812, "812 bytes"],
  [1234, "1.2 kB"],
  [12_345, "12 kB"],
  [999_600, "1.0 MB"],
  [4_600_000, "4.6 MB"],
  [23_400_000, "23 MB"],
])("%d bytes read %s", (bytes, words) => {
  expect(fileSize(bytes)).toBe(words);
});

describe("an address", () => {
  test.each(["https://example.com/a.png", " HTTP://127.0.0.1:8000/a ", "data:image/png;base64,AA=="])(
    "%s will do",
    (url) => {
      expect(offerUrl(url)).toEqual({ source: { url: url.trim() } });
    },
  );

  test.each(["", "a.png", "file:///etc/passwd", "javascript:alert(1)", "https://"])("%j will not", (url) => {
    expect(offerUrl(url)).toHaveProperty("reason");
  });
});

describe("a drop", () => {
  test("of our own picture is its reference, whatever else comes with it", () => {
    const data = transfer([png], { [RESULT_TYPE]: "job-7/0", "text/uri-list": "blob:x" });
    expect(offerOfTransfer(data, "image/*")).toEqual({ source: { ref: "job-7/0" } });
  });

  test("of a file is the file, not the address that browsers add to it", () => {
    const data = transfer([png], { "text/uri-list": "https://example.com/a.png" });
    expect(offerOfTransfer(data, "image/*")).toEqual({ source: png });
  });

  test("of a link is its address", () => {
    const data = transfer([], { "text/uri-list": "https://example.com/a.png\r\nhttps://example.com/b.png" });
    expect(offerOfTransfer(data, "image/*")).toEqual({ source: { url: "https://example.com/a.png" } });
  });

  test("says why it will not do", () => {
    const reason = (files: File[], accept: string) => offerOfTransfer(transfer(files), accept);
    expect(reason([png, png], "")).toEqual({ reason: "One file, please: these are 2." });
    expect(reason([], "")).toEqual({ reason: "There is no file in it." });
    expect(reason([file("e.png", "image/png", "")], "image/*")).toEqual({ reason: "e.png is empty." });
    expect(reason([file("n.txt", "text/plain")], "image/png,image/jpeg")).toEqual({
      reason: "Takes PNG or JPEG; n.txt is text/plain.",
    });
    expect(reason([file("n", "")], "image/*")).toEqual({
      reason: "Takes pictures; n is of an unknown type.",
    });
  });

  test("is judged in the air by what a browser tells: types, not names", () => {
    const inTheAir = (files: File[], accept: string) => refusalInTheAir(transfer(files), accept);
    expect(inTheAir([png], "image/*")).toBe("");
    expect(inTheAir([file("n.txt", "text/plain")], "image/*")).toBe("Takes pictures.");
    expect(inTheAir([file("a.pt", "")], "image/*")).toBe("");
    expect(inTheAir([file("n.txt", "text/plain")], "image/png,.txt")).toBe("");
    expect(inTheAir([png, png], "")).toBe("One file, please.");
    expect(refusalInTheAir(transfer([], { [RESULT_TYPE]: "r" }), "image/*")).toBe("");
  });
});

test("a browse dialogue that was closed offers nothing", () => {
  expect(offerOfFiles(transfer([]).files, "")).toBeNull();
  expect(offerOfFiles(transfer([png]).files, "image/*")).toEqual({ source: png });
});
