import { options } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onFakePage } from "../page";
import { control, GUIDANCE, IMAGE, job, kernel, PROMPT, piece, SEED, view } from "./kernel";

onFakePage();

/** Preact's own hook, under the name that its build gave it: a component is about to be drawn. */
const hooks = options as unknown as { __r?: (vnode: { type: { name: string } }) => void };
const before = hooks.__r;
const drawn: string[] = [];

beforeEach(() => {
  hooks.__r = (vnode) => {
    drawn.push(vnode.type.name);
    before?.(vnode);
  };
});
afterEach(() => {
  hooks.__r = before as NonNullable<typeof before>;
});

test("news of a job draws what shows the job, and nothing of the form", async () => {
  const others = Array.from({ length: 10 }, (_, at) => control({ ...GUIDANCE, name: `p${at}` }));
  const jobs = Array.from({ length: 8 }, (_, at) => job({ id: `j${at}`, call: "j0" }));
  const fake = kernel({ controls: [PROMPT, SEED, IMAGE, ...others], jobs, newest: [piece()] });
  view(fake);
  await vi.advanceTimersByTimeAsync(1_000);
  drawn.length = 0;
  fake.model.set(
    "jobs",
    jobs.map((one) => ({ ...one, text: "running, step 8 of 20", fraction: 0.4 })),
  );
  await vi.advanceTimersByTimeAsync(50);
  const shows = ["Announcer", "Bar", "CallStage", "CancelControl", "Filmstrip", "Icon", "Meter", "RunRow"];
  expect([...new Set(drawn)].sort()).toEqual(
    [...shows, "Stage", "Standing", "Times", "Waiting", "WhatIsLeft"].sort(),
  );
  expect(drawn.filter((name) => name === "Meter")).toHaveLength(jobs.length);
});
