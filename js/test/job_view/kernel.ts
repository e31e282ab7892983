/** A fake kernel behind the JobView widget. */
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/job_view.json";
import type { Job, ToKernel, Traits } from "../../src/contract/job_view";
import widget from "../../src/widgets/job_view/index";
import { fakeModel } from "../fake_model";
import { initialized as initializedBy, view as viewOf } from "../page";

export const job = (part: Partial<Job> = {}): Job => ({ ...(contract.items.jobs as Job), ...part });

/** A kernel side that hears every hello, unless it is too busy. */
export function kernel(traits: Partial<Traits> = {}, manager: object = {}, { busy = false } = {}) {
  const start = { ...(contract.traits as Traits), jobs: [job()], ...traits };
  const greet = (message: unknown) =>
    (message as ToKernel).kind === "hello" && !busy ? { kind: "ack", of: "hello" } : undefined;
  return fakeModel<Traits>(start, manager, greet);
}

export const initialized = (fake: ReturnType<typeof kernel>) => initializedBy<Traits>(widget(), fake.model);

export const view = (fake: ReturnType<typeof kernel>, options: { signals?: boolean } = {}) =>
  viewOf<Traits>(widget(), fake.model, options);
