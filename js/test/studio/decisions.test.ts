import { expect, test } from "vitest";
import { facts } from "../../src/components/studio/Facts";
import { tiles } from "../../src/components/studio/Filmstrip";
import { typedJson } from "../../src/components/studio/JsonField";
import { found } from "../../src/components/studio/ModelPicker";
import { askedPx, jobOf } from "../../src/components/studio/Place";
import { nextSelection } from "../../src/components/studio/selection";
import {
  asText,
  bytes,
  canReset,
  differs,
  fitted,
  presets,
  proportions,
  seconds,
  stepped,
  typedNumber,
} from "../../src/components/studio/values";
import { control, IMAGE, job, PROMPT, piece, SEED } from "./kernel";

test.each([
  ["", null],
  ["  ", null],
  ["7", 7],
  ["7.50", 7.5],
  ["7,5", 7.5],
  ["-1", -1],
  ["1e3", 1000],
  ["many", "many"],
  ["9007199254740993", "9007199254740993"],
  ["Infinity", "Infinity"],
])("a number's field with %j sends %j", (text, sent) => {
  expect(typedNumber(text)).toBe(sent);
});

test.each([
  ["", null],
  ["[1, 2]", [1, 2]],
  ['{"a": 1}', { a: 1 }],
  ["{not yet", "{not yet"],
])("a JSON field with %j sends %j", (text, sent) => {
  expect(typedJson(text)).toEqual(sent);
});

test("steps stay on the grid, within the bounds, and free of binary noise", () => {
  const strength = control({ minimum: 0, maximum: 1, step: 0.05 });
  expect(stepped(strength, 0.1, 1)).toBe(0.15);
  expect(stepped(strength, 0.7, -1)).toBe(0.65);
  expect(stepped(strength, 0.98, 1)).toBe(1);
  expect(stepped(control({ minimum: null, maximum: null, step: 1 }), 3, -10)).toBe(-7);
});

test.each([
  [{}, false],
  [{ prompt: "a fox", image: { key: "in:1" }, images: [{ key: "in:1" }] }, false],
  [{ guidance_scale: 7.5 }, false],
  [{ prompt: "a fox", guidance_scale: 8 }, true],
  [{ seed: 0 }, true], // a fixed seed, also where it is the schema's default
  [{ unheard_of: 1 }, true],
])("whether %j can be reset: %j", (values, expected) => {
  const images = control({ name: "images", look: "list", kind: "list", default: null, item: IMAGE });
  const controls = [PROMPT, IMAGE, images, { ...SEED, default: 0 }, control()];
  expect(canReset(controls, values)).toBe(expected);
});

test("a control differs where another value than the default is set", () => {
  expect(differs(control(), {})).toBe(false);
  expect(differs(control(), { guidance_scale: 7.5 })).toBe(false);
  expect(differs(control(), { guidance_scale: 8 })).toBe(true);
  expect(differs(control({ default: [1] }), { guidance_scale: [1] })).toBe(false);
});

test.each([
  [512, 384, "4:3"],
  [384, 384, "1:1"],
  [1344, 768, "custom"],
  [1360, 768, "16:9"],
  [0, 0, "custom"],
])("%d by %d is %s", (width, height, words) => {
  expect(proportions(width, height)).toBe(words);
});

test("presets keep the pixels, fit the grid and the bounds, and are not told twice", () => {
  const side = control({ minimum: 64, maximum: 2048, step: 8, default: 512 });
  const sizes = presets(side, side, 512 * 512);
  expect(sizes[0]).toEqual({ label: "1:1", width: 512, height: 512 });
  for (const { width, height } of sizes) {
    expect([width % 8, height % 8]).toEqual([0, 0]);
    expect(Math.abs((width * height) / 512 ** 2 - 1)).toBeLessThan(0.03);
  }
  const narrow = control({ minimum: 512, maximum: 512, step: 8 });
  expect(presets(narrow, narrow, 512 * 512)).toHaveLength(1);
  expect(fitted(control({ minimum: 64, maximum: 100, step: null }), 500)).toBe(100);
});

test.each([
  [0.04, "0.0 s"],
  [2.46, "2.5 s"],
  [12.4, "12 s"],
  [65, "1 min 05 s"],
])("%d seconds read %s", (value, words) => {
  expect(seconds(value)).toBe(words);
});

test("sizes of files and values in words", () => {
  expect([bytes(10), bytes(183_000), bytes(4_600_000)]).toEqual(["10 B", "183 kB", "4.6 MB"]);
  expect([asText(null), asText(undefined), asText(3), asText({ a: 1 })]).toEqual(["", "", "3", '{"a":1}']);
});

test("what is known of a picture, and nothing that is not", () => {
  expect(facts(piece({ queue_s: 0.1 }))).toBe("seed 7 · 1024×768 · 183 kB · ran 2.5 s · free");
  expect(facts(piece({ queue_s: 4, seed: "", width: 0, size: 0, run_s: null, cost: "unknown" }))).toBe(
    "waited 4.0 s · cost unknown",
  );
});

const model = (id: string, title = id) => ({ id, title, service: "", description: "", price: "" });

test("models are found by all words, in any order", () => {
  const models = [model("a/flux-dev", "FLUX dev"), model("b/sdxl", "SDXL"), model("b/flux", "FLUX")];
  expect(found(models, "dev flux").map(({ id }) => id)).toEqual(["a/flux-dev"]);
  expect(found(models, "").length).toBe(3);
  expect(found(models, "nothing")).toEqual([]);
});

test("a name that no list has can be used as it is written", () => {
  expect(found([model("a/b")], "speedpix/my-flow@main").map(({ id }) => id)).toEqual([
    "speedpix/my-flow@main",
  ]);
  expect(found([model("a/b")], "a/b").map(({ id }) => id)).toEqual(["a/b"]);
});

test("jobs stand before pictures, the newest first; a job with its picture is no tile of its own", () => {
  const jobs = [job({ id: "1", call: "1", phase: "succeeded" }), job({ id: "2", call: "1" })];
  const ids = tiles(jobs, [piece({ key: "0.0" }), piece({ key: "1.0" })]).map(({ id }) => id);
  expect(ids).toEqual(["1", "1.0", "0.0"]);
});

const nothing = { calls: new Set<string>(), pictures: [] };
const seen = (calls: string[], pictures: string[] = []) => ({ calls: new Set(calls), pictures });
const made = (key: string) => ({ key, call: key.split(".")[0] ?? "" });

test.each([
  ["a first call is shown", "", nothing, [{ call: "a" }], [], "a"],
  [
    "a call that is watched stays while others come",
    "a",
    seen(["a"]),
    [{ call: "a" }, { call: "b" }],
    [],
    "a",
  ],
  ["a call that is done hands over to its picture", "a", seen(["a"]), [{ call: "b" }], [made("a.0")], "a.0"],
  [
    "a new call takes the stage from a picture",
    "a.0",
    seen([], ["a.0"]),
    [{ call: "b" }],
    [made("a.0")],
    "b",
  ],
  [
    "a picture stays while a call goes on",
    "a.0",
    seen(["b"], ["a.0"]),
    [{ call: "b" }],
    [made("a.0")],
    "a.0",
  ],
  [
    "a deleted picture hands over to its neighbour",
    "b.0",
    seen([], ["a.0", "b.0"]),
    [],
    [made("a.0")],
    "a.0",
  ],
  ["the last picture deleted leaves nothing", "a.0", seen([], ["a.0"]), [], [], ""],
  [
    "a call that was done before anyone looked shows its first picture",
    "a.0",
    seen([], ["a.0"]),
    [],
    [made("a.0"), made("b.0"), made("b.1")],
    "b.0",
  ],
  [
    "the pictures of a call that was known do not take the place of another picture",
    "a.0",
    seen(["b"], ["a.0"]),
    [],
    [made("a.0"), made("b.0")],
    "a.0",
  ],
  ["after a reload the newest picture is shown", "", nothing, [], [made("a.0"), made("b.0")], "b.0"],
])("%s", (_, selected, before, jobs, pictures, wanted) => {
  expect(nextSelection(selected, before, jobs, pictures)).toBe(wanted);
});

test("pictures are asked at a few sizes, so that they are kept", () => {
  expect([askedPx(300, 1), askedPx(600, 2), askedPx(5000, 2)]).toEqual([640, 1600, 0]);
  expect(jobOf({ key: "j.1.0" })).toBe("j.1");
});
