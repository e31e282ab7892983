/** Every state that a call can be in, with made-up data. */
import type { CancelRequests } from "../src/components/cancel_requests";
import type { Job } from "../src/contract/job_view";

export interface Scene {
  name: string;
  title: string;
  prompt: string;
  jobs: Job[];
  logs: string[];
  cancelLimits: string;
  requests: CancelRequests;
  /** Jobs that have a preview to show. */
  previews: string[];
}

const job = (part: Partial<Job>): Job => ({
  id: "a",
  phase: "running",
  text: "running, step 7 of 20",
  fraction: 0.35,
  eta_s: 21,
  elapsed_s: 12,
  width: 1024,
  height: 768,
  error: "",
  ...part,
});

const LIGHTHOUSE =
  "a lighthouse at dusk, heavy sea, warm lamp light on wet rock, long exposure, the horizon low and quiet";
const LONG = `${LIGHTHOUSE}, gulls far off, a keeper's cottage with one lit window, painted in gouache on rough paper, muted blues and a single accent of orange, no people, no text, no frame`;
const LOGS = Array.from(
  { length: 30 },
  (_, i) => `step ${i + 1} of 30  residual ${(3 / (i + 1)).toFixed(3)}`,
);

const scene = (name: string, part: Partial<Scene>): Scene => ({
  name,
  title: "local/sketch",
  prompt: LIGHTHOUSE,
  jobs: [job({})],
  logs: [],
  cancelLimits: "",
  requests: {},
  previews: [],
  ...part,
});

const waiting = { fraction: null, eta_s: null } as const;

export const SCENES: Scene[] = [
  scene("preparing", {
    jobs: [job({ phase: "preparing", text: "preparing", elapsed_s: 0, ...waiting })],
  }),
  scene("queued", {
    title: "inferencesh/infsh/flux-dev",
    jobs: [job({ phase: "queued", text: "queued, 3rd in line", elapsed_s: 4, ...waiting })],
  }),
  scene("running, no preview", {
    title: "segmind/flux-schnell",
    prompt: LONG,
    logs: LOGS.slice(0, 4),
    cancelLimits: "goes on at Segmind, and will be billed",
    jobs: [job({ text: "running", fraction: null, eta_s: 38, width: 1024, height: 1024 })],
  }),
  scene("running, preview", { previews: ["a"], logs: LOGS }),
  scene("tall", {
    previews: ["a"],
    jobs: [job({ width: 576, height: 1024, fraction: 0.8, eta_s: 4, text: "running, step 16 of 20" })],
  }),
  scene("wide, size unknown", {
    prompt: "",
    jobs: [job({ phase: "fetching", text: "fetching the picture", width: 0, height: 0, ...waiting })],
  }),
  scene("cancelling", {
    previews: ["a"],
    requests: { "": "heard" },
    jobs: [job({ phase: "cancelling", text: "cancelling", eta_s: null })],
  }),
  scene("cancel unheard", { previews: ["a"], requests: { "": "unheard" } }),
  scene("succeeded", {
    previews: ["a"],
    logs: LOGS,
    jobs: [job({ phase: "succeeded", text: "done", fraction: 1, eta_s: null, elapsed_s: 33 })],
  }),
  scene("failed", {
    title: "speedpix/portrait@main",
    jobs: [
      job({
        phase: "failed",
        text: "failed",
        eta_s: null,
        error:
          'The service refused the input: "guidance_scale" must be between 1 and 20, not 200.\n<b>request_id</b> 7f31c0',
      }),
    ],
  }),
  scene("cancelled", {
    jobs: [
      job({ phase: "cancelled", text: "cancelled; not billed", fraction: 0.2, eta_s: null, elapsed_s: 5 }),
    ],
  }),
  scene("four, mixed", {
    title: "openpixels/flux-dev",
    previews: ["a", "b"],
    logs: LOGS.slice(0, 9),
    jobs: [
      job({ phase: "succeeded", text: "done", fraction: 1, eta_s: null, elapsed_s: 14 }),
      job({ id: "b", fraction: 0.7, eta_s: 6, text: "running, step 14 of 20" }),
      job({
        id: "c",
        phase: "failed",
        text: "failed",
        error: "Content filter: the picture was withheld.",
        eta_s: null,
      }),
      job({ id: "d", phase: "queued", text: "queued", elapsed_s: 14, ...waiting }),
    ],
  }),
  scene("two", {
    previews: ["a", "b"],
    requests: { b: "heard" },
    jobs: [job({}), job({ id: "b", phase: "cancelling", text: "cancelling", eta_s: null })],
  }),
  scene("nine", {
    previews: ["0", "1", "2", "3", "5"],
    jobs: Array.from({ length: 9 }, (_, i) =>
      job({
        id: String(i),
        width: 1024,
        height: 1024,
        fraction: i / 9,
        eta_s: 75 - 8 * i,
        text: `running, step ${2 * i} of 18`,
      }),
    ),
  }),
];
