/** The studio in its states, with made-up data: no kernel. */
import { computed, type Signal, signal } from "@preact/signals";
import type { Bench, Shown } from "../src/components/studio/bench";
import { Studio } from "../src/components/studio/Studio";
import type { Control, Piece, StudioJob, Traits, Values } from "../src/contract/studio";

export interface StudioScene {
  name: string;
  traits: Partial<Traits>;
}

const control = (part: Partial<Control> & { name: string }): Control => ({
  role: "",
  look: "slider",
  kind: "number",
  title: part.name,
  description: "",
  default: null,
  required: false,
  minimum: null,
  maximum: null,
  step: null,
  choices: [],
  unit: "",
  max_length: null,
  advanced: false,
  item: null,
  fields: [],
  ...part,
});

const size = (name: "width" | "height", title: string) =>
  control({
    name,
    role: name,
    look: "number",
    kind: "integer",
    title,
    default: 1024,
    minimum: 256,
    maximum: 2048,
    step: 8,
    unit: "px",
  });

const CONTROLS: Control[] = [
  control({ name: "prompt", role: "prompt", look: "area", kind: "text", title: "Prompt", required: true }),
  control({
    name: "negative_prompt",
    role: "negative",
    look: "area",
    kind: "text",
    title: "Negative prompt",
  }),
  size("width", "Width"),
  size("height", "Height"),
  control({
    name: "num_inference_steps",
    kind: "integer",
    title: "Steps",
    default: 28,
    minimum: 1,
    maximum: 50,
    step: 1,
  }),
  control({ name: "guidance_scale", title: "Guidance", default: 3.5, minimum: 1, maximum: 20, step: 0.1 }),
  control({
    name: "scheduler",
    look: "choice",
    kind: "choice",
    title: "Scheduler",
    default: "euler",
    choices: ["euler", "ddim", "dpm++"],
  }),
  control({ name: "seed", role: "seed", look: "number", kind: "integer", title: "Seed", minimum: 0 }),
  control({ name: "image", look: "media", kind: "image", title: "Start image" }),
  control({
    name: "tile",
    look: "switch",
    kind: "boolean",
    title: "Tileable",
    default: false,
    advanced: true,
  }),
  control({
    name: "tags",
    look: "list",
    kind: "list",
    title: "Tags",
    advanced: true,
    item: control({ name: "tags", look: "line", kind: "text" }),
  }),
  control({
    name: "loras",
    look: "list",
    kind: "list",
    title: "LoRAs",
    item: control({
      name: "loras",
      look: "object",
      kind: "object",
      fields: [
        control({ name: "path", look: "line", kind: "text", title: "Path", required: true }),
        control({ name: "scale", title: "Scale", default: 1, minimum: 0, maximum: 2, step: 0.05 }),
        control({
          name: "mode",
          look: "choice",
          kind: "choice",
          title: "Mode",
          default: "add",
          choices: ["add", "replace"],
        }),
      ],
    }),
  }),
];

const PROMPT = "a lighthouse at dusk, heavy sea, warm lamp light on wet rock, long exposure";
const job = (part: Partial<StudioJob>): StudioJob => ({
  id: "a",
  call: "a",
  model: "segmind/flux-dev",
  phase: "running",
  text: "running, step 7 of 28",
  fraction: 0.25,
  eta_s: 12,
  elapsed_s: 9,
  queue_s: 4,
  run_s: 5,
  width: 1024,
  height: 1024,
  error: "",
  prompt: PROMPT,
  cannot_cancel: "",
  ...part,
});
const piece = (key: string, part: Partial<Piece> = {}): Piece => ({
  key,
  call: key,
  model: "segmind/flux-dev",
  type: "image/png",
  width: 1024,
  height: 1024,
  size: 1_383_000,
  seed: "2785228832",
  alt: PROMPT,
  starred: false,
  cost: "$0.012",
  queue_s: 4,
  run_s: 11.4,
  changes: [],
  text: "",
  error: "",
  ...part,
});

const BASE: Partial<Traits> = {
  model: "segmind/flux-dev",
  about: {
    id: "segmind/flux-dev",
    service: "segmind",
    title: "FLUX.1 dev",
    description: "The open FLUX model, for finer pictures.",
    cannot_cancel: "",
    url: "",
    open: false,
    has_n: false,
  },
  catalogue: ["segmind/flux-dev", "openpixels/flux-schnell", "local/sketch"].map((id) => ({
    id,
    service: "",
    title: id.split("/")[1] ?? "",
    description: "",
    price: "unknown",
  })),
  controls: CONTROLS,
  params: { prompt: PROMPT, guidance_scale: 5 },
  estimate: { cost: "about $0.012", seconds: 14 },
};
const scene = (name: string, traits: Partial<Traits>): StudioScene => ({
  name: `studio, ${name}`,
  traits: { ...BASE, ...traits },
});
const STRIP = [piece("p.0"), piece("q.0", { starred: true }), piece("r.0", { width: 1536 })];

export const STUDIO_SCENES: StudioScene[] = [
  scene("empty", { params: {} }),
  scene("running", { jobs: [job({})], newest: STRIP, logs: ["loading weights", "step 7 of 28"] }),
  scene("queue", {
    jobs: [
      job({}),
      job({ id: "b", call: "b", phase: "queued", text: "queued, 2 ahead", fraction: null, run_s: null }),
    ],
    newest: STRIP,
  }),
  scene("four", { n: 4, jobs: ["a", "b", "c", "d"].map((id) => job({ id })) }),
  scene("failed", {
    jobs: [
      job({
        phase: "failed",
        text: "failed",
        error: 'The service refused the input: <b>"guidance"</b> is too high.',
      }),
    ],
    newest: STRIP,
  }),
  scene("finished", {
    newest: STRIP,
    spent: "$0.036",
    params: { prompt: PROMPT, width: 1536, loras: [{ path: "a", scale: 0.8 }] },
  }),
  scene("problems", {
    params: { prompt: "", guidance_scale: 200, width: 1001 },
    problems: { prompt: "is required (text)", guidance_scale: "200 is outside 1 to 20" },
    notes: { width: "sent as 1000: the model takes multiples of 8" },
    fault: "Not sent: see prompt, guidance_scale.",
    notice: "Not for FLUX.1 dev: style, strength. Kept: prompt, width.",
  }),
];

/** A picture of flat colours, as an address. */
function painted(key: string, px: number): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(px || 1024, 1024);
  const pen = canvas.getContext("2d");
  if (pen === null) return "";
  const hue = [...key].reduce((sum, letter) => sum + letter.charCodeAt(0) * 37, 0) % 360;
  const sky = pen.createLinearGradient(0, 0, 0, canvas.height);
  sky.addColorStop(0, `hsl(${hue} 45% 32%)`);
  sky.addColorStop(1, `hsl(${hue + 60} 80% 68%)`);
  pen.fillStyle = sky;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.8);
}

function benchOf(traits: Partial<Traits>): Bench {
  const values: Signal<Values> = signal(traits.params ?? {});
  const n = signal(traits.n ?? 1);
  const shown = new Map<string, Signal<Shown>>();
  const pictureOf = (key: string, px: number) => {
    const name = `${px} ${key}`;
    const known =
      shown.get(name) ?? signal({ url: painted(key, px), blob: null, type: "image/jpeg", problem: "" });
    shown.set(name, known);
    return known;
  };
  const nothing = () => {};
  const nobody = () =>
    Promise.resolve({ blob: null, name: "", text: "", problem: "There is no kernel here." });
  return {
    place: "",
    model: signal(traits.model ?? ""),
    about: signal(traits.about ?? {}),
    loading: signal(false),
    gone: signal(false),
    fault: signal(traits.fault ?? ""),
    notice: signal(traits.notice ?? ""),
    wasReset: signal([]),
    catalogue: signal(traits.catalogue ?? []),
    controls: signal(traits.controls ?? []),
    values,
    problems: signal(traits.problems ?? {}),
    notes: signal(traits.notes ?? {}),
    n,
    estimate: signal(traits.estimate ?? {}),
    jobs: signal(traits.jobs ?? []),
    pictures: signal(traits.newest ?? []),
    logs: signal(traits.logs ?? []),
    prompts: signal(["an earlier prompt"]),
    spent: signal(traits.spent ?? ""),
    requests: signal({}),
    uploads: signal({}),
    said: signal(""),
    frameOf: () => computed(() => null),
    pictureOf,
    lookForModels: nothing,
    choose: nothing,
    change: (changes) => {
      const all = Object.entries({ ...values.value, ...changes });
      values.value = Object.fromEntries(all.filter(([, value]) => value !== null));
    },
    reset: nothing,
    count: (by) => {
      n.value += by;
    },
    run: nothing,
    cancel: nothing,
    dismiss: nothing,
    upload: nothing,
    stopUpload: nothing,
    use: nothing,
    act: nothing,
    fetch: nobody,
    painter: () => Promise.reject(new Error("There is no kernel here.")),
  };
}

export const StudioExample = ({ scene: { traits } }: { scene: StudioScene }) => (
  <div class="ig-root">
    <Studio bench={benchOf(traits)} />
  </div>
);
