/** A fake kernel behind the Compare widget. */
import { vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/compare.json";
import type { Run, ToKernel, Traits } from "../../src/contract/compare";
import widget from "../../src/widgets/compare/index";
import { fakeModel } from "../fake_model";
import { bytes, view as viewOf } from "../page";

const letters = "ABCDEFGHI";

export function kernel(count = 2, traits: Partial<Traits> = {}) {
  const pictures = [...letters.slice(0, count)].map((label) => ({ ...contract.items.pictures, label }));
  const answer = (said: unknown) =>
    (said as ToKernel).kind === "hello" ? { kind: "ack", of: "hello" } : undefined;
  const start = {
    ...(contract.traits as unknown as Traits),
    pictures,
    mode: count > 2 ? "side" : "slider",
    parameters: [contract.items.parameters, { name: "steps", values: ["4", "4"], same: true }],
    prompts: [[{ change: "same", text: "a lighthouse" }], contract.items.prompts as Run[]],
    ...traits,
  } satisfies Traits;
  return fakeModel<Traits>(start, {}, answer);
}

export const view = (fake: ReturnType<typeof kernel>) => viewOf<Traits>(widget(), fake.model);

/** Answers every wish for a picture that was not answered. */
export function serve(fake: ReturnType<typeof kernel>, from = 0): number {
  const wants = fake.sent.slice(from) as ToKernel[];
  for (const want of wants) {
    if (want.kind === "want") {
      fake.say({ ...want, kind: "picture", type: "image/png" }, [bytes()]);
    }
  }
  return fake.sent.length;
}

export const settle = () => vi.advanceTimersByTimeAsync(30);
