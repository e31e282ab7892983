import axe from "axe-core";
import { afterEach, expect, test, vi } from "vitest";
import { fakeBrowser } from "../browser";
import { control, GUIDANCE, IMAGE, job, kernel, PROMPT, piece, SEED, view } from "./kernel";

const LIST = control({
  name: "tags",
  look: "list",
  kind: "list",
  title: "Tags",
  default: null,
  item: PROMPT,
});
const FULL = [
  { ...PROMPT, required: true },
  GUIDANCE,
  SEED,
  IMAGE,
  LIST,
  control({ name: "late", title: "Late", advanced: true }),
];

/** No layout here: contrast is looked at in the browser tests. */
const RULES = { "color-contrast": { enabled: false } };

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["empty", {}],
  ["running", { jobs: [job()], logs: ["one"] }],
  ["a queue", { jobs: [job(), job({ id: "b", call: "b", phase: "queued" })], newest: [piece()] }],
  ["failed", { jobs: [job({ phase: "failed", text: "failed", error: "no" })] }],
  ["finished", { newest: [piece(), piece({ key: "2.0", starred: true })], params: { tags: ["a", "b"] } }],
  [
    "problems",
    { params: { guidance_scale: 200 }, problems: { guidance_scale: "outside" }, fault: "no", notice: "a" },
  ],
])("no violations: %s", async (_, traits) => {
  fakeBrowser();
  const shown = view(kernel({ controls: FULL, ...traits }));
  await new Promise((resolve) => setTimeout(resolve, 60));
  const { violations } = await axe.run(shown.el, { rules: RULES });
  shown.end();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});
