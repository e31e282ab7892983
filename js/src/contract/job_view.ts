/** The contract of the JobView widget; the field names are the wire's. */
import type contract from "../../../src/ipyimagegen/notebook/widgets/contract/job_view.json";
import type { Messages } from "./messages";

type Wire = typeof contract;

/** `lost` is the page's own word: the kernel has gone that told of the job. */
export type Phase =
  | "preparing"
  | "queued"
  | "running"
  | "cancelling"
  | "fetching"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "lost";

/** One picture in the making. `fraction` and `eta_s` are null where the service does not tell. */
export type Job = Omit<Wire["items"]["jobs"], "phase" | "fraction" | "eta_s"> & {
  phase: Phase;
  fraction: number | null;
  eta_s: number | null;
};

export type Traits = Omit<Wire["traits"], "jobs" | "logs"> & { jobs: Job[]; logs: string[] };

export type ToPage = Messages<Wire["toPage"]>;

type Cancel = Omit<Wire["toKernel"]["cancel"], "kind" | "job"> & { kind: "cancel"; job: string | null };
type Shown = Omit<Wire["toKernel"]["shown"], "kind" | "frames"> & {
  kind: "shown";
  frames: Record<string, number>;
};
export type ToKernel = Exclude<Messages<Wire["toKernel"]>, { kind: "cancel" | "shown" }> | Cancel | Shown;

export interface JobViewContract {
  traits: Traits;
  toKernel: ToKernel;
  toPage: ToPage;
}
