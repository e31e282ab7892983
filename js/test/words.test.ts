import { expect, test } from "vitest";
import { duration, timeLeft } from "../src/components/duration";
import { columns, ratio, summary } from "../src/components/job";
import { differs } from "../src/model/visibility";

test.each([
  [0, "0 s"],
  [-1, "0 s"],
  [59.9, "59 s"],
  [65, "1 min 05 s"],
  [3840, "1 h 04 min"],
])("%d seconds read %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test.each([
  [0, "almost done"],
  [-5, "almost done"],
  [2.1, "3 s left"],
  [21, "about 25 s left"],
  [61, "about 2 min left"],
])("%d seconds to go read %s", (seconds, words) => {
  expect(timeLeft(seconds)).toBe(words);
});

test.each([
  [1, 1],
  [5, 5],
  [6, 3],
  [9, 5],
])("%d pictures stand in at most %d columns", (count, wanted) => {
  expect(columns(count)).toBe(wanted);
});

test("a count names failures and cancellations only where there are any", () => {
  expect(summary([{ phase: "running" }])).toBe("0 of 1 ready");
  expect(summary([{ phase: "cancelled" }, { phase: "failed" }])).toBe("0 of 2 ready, 1 failed, 1 cancelled");
});

test("an unknown size is a square", () => {
  expect(ratio({ width: 0, height: 0 })).toBe(1);
  expect(ratio(undefined)).toBe(1);
});

test("a change of size matters beyond a tenth", () => {
  const seen = { visible: true, width_px: 300, pixel_ratio: 2 };
  expect(differs({ ...seen, width_px: 320 }, seen)).toBe(false);
  expect(differs({ ...seen, width_px: 340 }, seen)).toBe(true);
  expect(differs({ ...seen, pixel_ratio: 1 }, seen)).toBe(true);
  expect(differs({ ...seen, visible: false }, seen)).toBe(true);
});
