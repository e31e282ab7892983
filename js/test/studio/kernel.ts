/** A fake kernel behind the Studio widget. */
import { vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/studio.json";
import type { Control, Piece, StudioJob, ToKernel, Traits } from "../../src/contract/studio";
import widget from "../../src/widgets/studio/index";
import { fakeModel } from "../fake_model";
import { initialized as initializedBy, view as viewOf } from "../page";

export const control = (part: Partial<Control> = {}): Control => ({
  ...(contract.items.controls as Control),
  ...part,
});
export const job = (part: Partial<StudioJob> = {}): StudioJob => ({
  ...(contract.items.jobs as StudioJob),
  ...part,
});
export const piece = (part: Partial<Piece> = {}): Piece => ({
  ...(contract.items.pictures as Piece),
  changes: [],
  ...part,
});

const bare = { minimum: null, maximum: null, step: null, default: null } as const;
export const PROMPT = control({
  ...bare,
  name: "prompt",
  role: "prompt",
  look: "area",
  kind: "text",
  title: "Prompt",
});
export const IMAGE = control({ ...bare, name: "image", look: "media", kind: "image", title: "Start image" });
export const SEED = control({
  ...bare,
  name: "seed",
  role: "seed",
  look: "number",
  kind: "integer",
  title: "Seed",
});
export const GUIDANCE = control({ title: "Guidance" });

const START: Partial<Traits> = {
  model: "local/sketch",
  about: contract.items.about,
  controls: [PROMPT, GUIDANCE],
  estimate: { cost: "free", seconds: null },
};

/** A kernel side that takes in what is set, and acknowledges what it is told. */
export function kernel(traits: Partial<Traits> = {}) {
  const start = { ...(contract.traits as unknown as Traits), ...START, ...traits };
  const answer = (message: unknown) => {
    const said = message as ToKernel;
    if (said.kind === "set") {
      const params = Object.entries({ ...fake.model.get("params"), ...said.values });
      fake.model.set("params", Object.fromEntries(params.filter(([, value]) => value !== null)));
    }
    return said.kind === "hello" || said.kind === "set"
      ? { kind: "ack", of: said.kind, view: said.view, n: said.n }
      : undefined;
  };
  const fake = fakeModel<Traits>(start, {}, answer);
  return {
    ...fake,
    /** The messages of one kind. */
    heard: <Kind extends ToKernel["kind"]>(kind: Kind) =>
      (fake.sent as ToKernel[]).filter((one): one is Extract<ToKernel, { kind: Kind }> => one.kind === kind),
  };
}

export const initialized = (fake: ReturnType<typeof kernel>) => initializedBy<Traits>(widget(), fake.model);

export function view(fake: ReturnType<typeof kernel>) {
  const shown = viewOf<Traits>(widget(), fake.model);
  return {
    ...shown,
    async type(selector: string, text: string) {
      const field = shown.find<HTMLInputElement>(selector);
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await vi.advanceTimersByTimeAsync(0);
    },
    async press(...[selector, key, keys]: Parameters<typeof shown.press>) {
      shown.press(selector, key, keys);
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

export const settle = (ms = 1_000) => vi.advanceTimersByTimeAsync(ms);
