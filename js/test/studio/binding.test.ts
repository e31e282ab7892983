import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import type { Values } from "../../src/contract/studio";
import { edits, SETTLE_MS, TYPING_MS } from "../../src/widgets/studio/edits";
import { files } from "../../src/widgets/studio/files";
import { LARGE_HELD, pictures } from "../../src/widgets/studio/pictures";
import { CHUNK_BYTES, type Chunk, uploads } from "../../src/widgets/studio/uploads";
import { bytes, onFakePage } from "../page";
import { settle } from "./kernel";

const page = onFakePage();
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function form(start: Values = {}) {
  const params = signal(start);
  const sent: [number, Values][] = [];
  const life = new AbortController();
  const made = edits({ params, send: (n, values) => sent.push([n, values]), life: life.signal });
  return { ...made, params, sent, life };
}

test("what is typed is seen at once and sent together", async () => {
  const { change, values, sent } = form({ steps: 20 });
  change({ prompt: "a" }, true);
  change({ prompt: "a f" }, true);
  expect(values.value).toEqual({ prompt: "a f", steps: 20 });
  expect(sent).toEqual([]);
  await pass(TYPING_MS);
  expect(sent).toEqual([[1, { prompt: "a f" }]]);
});

test("what is chosen is sent at once, with what was typed before it", () => {
  const { change, sent } = form();
  change({ prompt: "a" }, true);
  change({ style: "oil" });
  expect(sent).toEqual([[1, { prompt: "a", style: "oil" }]]);
});

test("older values from the kernel do not overwrite newer ones of the page", async () => {
  const { change, values, params, heard } = form();
  change({ steps: 1 });
  change({ steps: 2 });
  params.value = { steps: 1 };
  heard(1);
  await pass(SETTLE_MS);
  expect(values.value).toEqual({ steps: 2 });
  params.value = { steps: 2 };
  heard(2);
  await pass(SETTLE_MS);
  params.value = { steps: 9 };
  expect(values.value).toEqual({ steps: 9 });
});

test("null takes a value away before the kernel says so", () => {
  const { change, values } = form({ steps: 3, style: "oil" });
  change({ style: null });
  expect(values.value).toEqual({ steps: 3 });
});

test("a view that is gone sends nothing more", async () => {
  const { change, sent, life } = form();
  change({ prompt: "a" }, true);
  life.abort();
  change({ prompt: "b" });
  await settle();
  expect(sent).toEqual([]);
});

function shelf() {
  const asked: [string[], number][] = [];
  const life = new AbortController();
  const made = pictures({ ask: (keys, px) => asked.push([keys, px]), life: life.signal });
  const take = (key: string, px: number) => made.take({ key, px, type: "image/png", problem: "" }, bytes());
  return { ...made, asked, life, take };
}

test("pictures of one size are asked for together, and once", async () => {
  const { of, asked } = shelf();
  for (const key of ["a", "b", "a"]) of(key, 160);
  of("a", 1024);
  await pass(0);
  of("a", 160);
  await pass(0);
  expect(asked).toEqual([
    [["a", "b"], 160],
    [["a"], 1024],
  ]);
});

test("a picture that comes is shown, and its address ends with the view", async () => {
  const { of, take, life } = shelf();
  const shown = of("a", 160);
  take("a", 160);
  take("a", 160);
  take("never asked", 160);
  expect(shown.value.url).toMatch(/^blob:/);
  expect(page.browser.urls.size).toBe(1);
  life.abort();
  expect(page.browser.urls.size).toBe(0);
});

test("only so many large pictures are held", async () => {
  const { of, take } = shelf();
  for (let i = 0; i < LARGE_HELD + 5; i += 1) {
    of(`p${i}`, 1024);
    take(`p${i}`, 1024);
    of(`p${i}`, 160);
    take(`p${i}`, 160);
  }
  expect(page.browser.urls.size).toBe(LARGE_HELD + LARGE_HELD + 5);
});

function sender() {
  const sent: Chunk[] = [];
  const failed = vi.fn();
  const life = new AbortController();
  const made = uploads({ send: (chunk) => sent.push(chunk), failed, life: life.signal });
  return { ...made, sent, failed, life };
}

test("a file goes in chunks, the next when the one before has arrived", async () => {
  const { begin, received, sent, progress } = sender();
  const file = new File([new Uint8Array(CHUNK_BYTES * 2.5)], "photo.png");
  begin("image", 0, file);
  await settle();
  expect(sent.map(({ offset }) => offset)).toEqual([0]);
  expect(sent[0]).toMatchObject({ name: "image", index: 0, filename: "photo.png", size: CHUNK_BYTES * 2.5 });
  received("u1", CHUNK_BYTES, "");
  await settle();
  expect(progress.value).toEqual({ "image/0": 0.4 });
  received("u1", CHUNK_BYTES * 2, "");
  await settle();
  expect(sent.map(({ offset }) => offset)).toEqual([0, CHUNK_BYTES, CHUNK_BYTES * 2]);
  received("u1", CHUNK_BYTES * 2.5, "");
  expect(progress.value).toEqual({});
});

test("a newer file for the same place wins, and a refused one is told", async () => {
  const { begin, received, sent, failed, progress } = sender();
  begin("image", 0, new Blob(["old"]));
  begin("image", 0, new Blob(["new"]));
  await settle();
  expect(sent.map(({ id }) => id)).toEqual(["u2"]);
  received("u2", 0, "this file is larger than 200 MB");
  expect(failed).toHaveBeenCalledWith("this file is larger than 200 MB");
  expect(progress.value).toEqual({});
});

test("a file that was asked for comes, or not at all, but always in the end", async () => {
  const life = new AbortController();
  const gone = signal(false);
  const { fetch, take } = files({ ask: () => {}, gone, life: life.signal });
  const code = fetch("code", "a");
  take({ what: "code", key: "a", name: "", type: "", text: "run()", problem: "" }, undefined);
  expect(await code).toMatchObject({ text: "run()", blob: null });
  const late = fetch("download", "a");
  await pass(30_000);
  expect((await late).problem).toBe("The kernel did not answer.");
  const orphan = fetch("copy", "a");
  gone.value = true;
  for (const one of [orphan, fetch("code", "a")]) {
    expect((await one).problem).toBe("The kernel has gone, or was restarted: run this cell again.");
  }
  gone.value = false;
  const left = fetch("copy", "a");
  life.abort();
  expect((await left).problem).not.toBe("");
  expect(vi.getTimerCount()).toBe(0);
});
