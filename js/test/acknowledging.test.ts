import { expect, test, vi } from "vitest";
import { acknowledging, GATHER_MS } from "../src/model/acknowledging";
import { onFakePage } from "./page";

onFakePage();

test("the first is told at once, those soon after together, each job by its newest frame", async () => {
  const life = new AbortController();
  const sent: Record<string, number>[] = [];
  const shown = acknowledging({ send: (frames) => sent.push(frames), life: life.signal });
  shown("a", 1);
  expect(sent).toEqual([{ a: 1 }]);
  for (const [job, seq] of [
    ["b", 4],
    ["a", 3],
    ["a", 2],
  ] as const)
    shown(job, seq);
  expect(sent).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(sent.slice(1)).toEqual([{ b: 4, a: 3 }]);
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(vi.getTimerCount()).toBe(0);
  shown("a", 5);
  expect(sent.at(-1)).toEqual({ a: 5 });
  shown("b", 6);
  life.abort();
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(sent).toHaveLength(3);
  expect(vi.getTimerCount()).toBe(0);
});
