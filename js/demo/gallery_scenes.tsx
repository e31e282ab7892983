/** Galleries and comparisons on the bare page, with pictures that are painted here. */
import { type Signal, signal } from "@preact/signals";
import type { JSX } from "preact";
import { Compare } from "../src/components/compare/Compare";
import { Gallery } from "../src/components/gallery/Gallery";
import type { Picture } from "../src/components/gallery/pictures";
import type { Mode, Parameter, Run } from "../src/contract/compare";
import type { Item } from "../src/contract/gallery";

export interface PictureScene {
  name: string;
  show: () => JSX.Element;
}

const PROMPTS = [
  "a lighthouse at dusk, heavy sea, warm lamp light on wet rock",
  "a mountain lake at noon",
  "a red tulip in a glass vase <b>on a wooden table</b>",
  "",
  "شجرة وحيدة في الصحراء",
];

const item = (at: number): Item => ({
  prompt: PROMPTS[at % PROMPTS.length] ?? "",
  model: at % 3 === 0 ? "inferencesh/infsh/flux-dev" : "local/sketch",
  seed: at % 7 === 0 ? "" : String(18_446_744_073_709 * (at % 3) + at),
  width: at % 4 === 1 ? 768 : 512,
  height: at % 4 === 2 ? 768 : 512,
  seconds: at % 5 === 0 ? null : 0.4 + (at % 9),
  cost: at % 3 === 0 ? "$0.012" : "free",
  key: `job-${at}.9f86`,
  amount: at % 3 === 0 ? 0.012 : 0,
  created: 1_795_000_000 - at,
  starred: at % 6 === 2,
});

/** Hills under a sky; the same for the same number. */
function painted(at: number, width: number, height: number): string {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("this browser cannot draw");
  const sky = pen.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, `hsl(${(at * 47) % 360} 45% 40%)`);
  sky.addColorStop(1, `hsl(${(at * 47 + 50) % 360} 70% 78%)`);
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  for (let hill = 0; hill < 3; hill += 1) {
    pen.fillStyle = `hsl(${(at * 47 + 180) % 360} 30% ${46 - hill * 14}%)`;
    pen.beginPath();
    pen.ellipse(
      width * ((at * 0.37 + hill * 0.41) % 1),
      height,
      width * 0.6,
      height * (0.5 - hill * 0.12),
      0,
      0,
      7,
    );
    pen.fill();
  }
  return canvas.toDataURL("image/jpeg", 0.8);
}

function paintedPictures(items: readonly Item[], fails: (at: number) => boolean) {
  const known = new Map<number, Signal<Picture>>();
  return (at: number) => {
    const found = known.get(at) ?? signal<Picture>(null);
    if (!known.has(at)) {
      known.set(at, found);
      const { width = 512, height = 512 } = items[at] ?? {};
      requestAnimationFrame(() => {
        found.value = fails(at)
          ? { reason: "the file is gone" }
          : { url: painted(at, width, height), px: 768 };
      });
    }
    return found;
  };
}

function gallery(
  count: number,
  part: { total?: number | null; selected?: number[]; fails?: (at: number) => boolean; gone?: boolean } = {},
) {
  const items = signal<readonly Item[]>(Array.from({ length: count }, (_, at) => item(at)));
  const selection = signal<readonly number[]>(part.selected ?? []);
  const pictureOf = paintedPictures(items.value, part.fails ?? (() => false));
  return (
    <Gallery
      items={items}
      total={signal(part.total === undefined ? count : part.total)}
      captions={signal(["prompt", "seed", "size"])}
      cellPx={signal(176)}
      selection={selection}
      pictures={{ thumb: pictureOf, full: pictureOf, want: () => {}, enlarge: () => {} }}
      gone={signal(part.gone === true)}
      onSelect={(indices) => {
        selection.value = indices;
      }}
      onStar={(index, starred) => {
        items.value = items.value.map((one, at) => (at === index ? { ...one, starred } : one));
      }}
    />
  );
}

const PARAMETERS: Parameter[] = [
  { name: "seed", values: ["7", "8"], same: false },
  { name: "guidance_scale", values: ["3.5", "–"], same: false },
  { name: "num_inference_steps", values: ["28", "28"], same: true },
];

const RUNS: Run[][] = [
  [{ change: "same", text: "a lighthouse at dusk, heavy sea" }],
  [
    { change: "same", text: "a lighthouse at " },
    { change: "removed", text: "dusk" },
    { change: "added", text: "dawn" },
    { change: "same", text: ", heavy sea" },
    { change: "added", text: ", <i>gulls</i>" },
  ],
];

function comparison(count: number, mode: Mode, here = true) {
  const pictures = Array.from({ length: count }, (_, at) => ({
    label: `seed ${7 + at}`,
    alt: "hills under a sky",
    width: 768,
    height: 512,
  }));
  const parameters = PARAMETERS.map((one) => ({
    ...one,
    values: pictures.map((_, at) => (one.same ? (one.values[0] ?? "") : `${Number(one.values[0]) + at}`)),
  }));
  const known = pictures.map((_, at) =>
    signal<Picture>(here ? { url: painted(at + 3, 768, 512), px: 768 } : null),
  );
  return (
    <Compare
      pictures={signal(pictures)}
      mode={signal(mode)}
      parameters={signal(parameters)}
      prompts={signal(pictures.map((_, at) => RUNS[Math.min(at, 1)] ?? []))}
      pixels={{ picture: (at) => known[at] ?? signal(null), need: () => {} }}
      gone={signal(false)}
    />
  );
}

export const PICTURE_SCENES: PictureScene[] = [
  { name: "gallery, waiting", show: () => gallery(0, { total: null }) },
  { name: "gallery, empty", show: () => gallery(0) },
  { name: "gallery, some of many", show: () => gallery(60, { total: 5000, fails: (at) => at === 3 }) },
  { name: "gallery, selected", show: () => gallery(11, { selected: [0, 2, 3] }) },
  { name: "gallery, five thousand", show: () => gallery(5000) },
  { name: "compare, slider", show: () => comparison(2, "slider") },
  { name: "compare, waiting", show: () => comparison(2, "side", false) },
  { name: "compare, nine", show: () => comparison(9, "side") },
  { name: "compare, flicker", show: () => comparison(2, "flicker") },
  { name: "compare, difference", show: () => comparison(3, "difference") },
];
