import { expect, test, vi } from "vitest";
import { bytes, onFakePage } from "../page";
import { kernel, view } from "./kernel";

const page = onFakePage();

type Sent = { kind: string; frames?: Record<string, number> };
const shown = (sent: unknown[]) =>
  (sent as Sent[]).filter(({ kind }) => kind === "shown").map(({ frames }) => frames?.["job-1"]);
const paint = () => vi.advanceTimersByTimeAsync(50);
const frame = (seq: number, ask: boolean, id = "job-1") => ({ kind: "frame", job: id, seq, step: seq, ask });

async function running() {
  const fake = kernel();
  const shownView = view(fake);
  const push = (seq: number, ask = true) => fake.say(frame(seq, ask), [bytes()]);
  const decoded = async (index: number) => {
    page.browser.decodes[index]?.resolve();
    await paint();
  };
  return { ...fake, ...shownView, push, decoded };
}

test("a frame is decoded before it is shown, and then acknowledged", async () => {
  const { el, sent, push, decoded } = await running();
  push(1);
  await paint();
  expect(el.querySelector("img")).toBeNull();
  expect(shown(sent)).toEqual([]);
  await decoded(0);
  expect(el.querySelector("img")?.alt).toBe("Preview of the picture, step 1");
  expect(shown(sent)).toEqual([1]);
});

test("the newest frame wins: those that came while one was decoded are passed over", async () => {
  const { sent, push, decoded } = await running();
  for (const seq of [1, 2, 3, 4]) push(seq);
  await decoded(0);
  await decoded(1);
  expect(page.browser.decodes).toHaveLength(2);
  expect(shown(sent)).toEqual([1, 4]);
});

test("a frame that does not ask is not acknowledged, and one that was passed over leaves its question to the next", async () => {
  const { sent, push, decoded } = await running();
  push(1, false);
  await decoded(0);
  expect(shown(sent)).toEqual([]);
  push(2, false);
  push(3, true);
  push(4, false);
  await decoded(1);
  expect(shown(sent)).toEqual([]);
  await decoded(2);
  expect(shown(sent)).toEqual([4]);
});

test("a frame that comes again is acknowledged again, and one that is out of date is dropped", async () => {
  const { sent, push, decoded } = await running();
  push(5);
  await decoded(0);
  push(5);
  push(3);
  await paint();
  expect(page.browser.decodes).toHaveLength(1);
  expect(shown(sent)).toEqual([5, 5, 3]);
});

test("a damaged frame does not stop those after it", async () => {
  const { el, sent, push, decoded } = await running();
  push(1);
  page.browser.decodes[0]?.reject(new Error("damaged"));
  await paint();
  push(2);
  await decoded(1);
  expect(el.querySelectorAll("img")).toHaveLength(1);
  expect(shown(sent)).toEqual([1, 2]);
});

test("object URLs are released as soon as a frame is decoded, or the view is gone", async () => {
  const { push, decoded, end } = await running();
  push(1);
  expect(page.browser.urls.size).toBe(1);
  await decoded(0);
  expect(page.browser.urls.size).toBe(0);
  push(2);
  expect(page.browser.urls.size).toBe(1);
  end();
  expect(page.browser.urls.size).toBe(0);
});

test("a view that ends while a frame is decoded acknowledges nothing", async () => {
  const { sent, push, decoded, end } = await running();
  push(1);
  end();
  await decoded(0);
  expect(shown(sent)).toEqual([]);
});
