/** The contract of the Studio widget; the field names are the wire's. */
import type contract from "../../../src/ipyimagegen/notebook/widgets/contract/studio.json";
import type { Job } from "./job_view";
import type { Messages } from "./messages";

type Wire = typeof contract;
type Items = Wire["items"];

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Role = "prompt" | "negative" | "seed" | "width" | "height" | "";
export type Look =
  | "area"
  | "line"
  | "slider"
  | "number"
  | "choice"
  | "switch"
  | "media"
  | "list"
  | "object"
  | "json";

/** How one parameter is edited; numbers are null where the schema sets no bound. */
export interface Control {
  name: string;
  role: Role;
  look: Look;
  kind: string;
  title: string;
  description: string;
  default: Json;
  required: boolean;
  minimum: number | null;
  maximum: number | null;
  step: number | null;
  choices: Json[];
  unit: string;
  max_length: number | null;
  advanced: boolean;
  item: Control | null;
  fields: Control[];
}

export type About = Items["about"];
export type Model = Items["catalogue"];
export type Medium = Items["medium"];
export type Values = Record<string, Json>;
export type StudioJob = Job & Omit<Items["jobs"], keyof Job | "run_s"> & { run_s: number | null };
export type Estimate = { cost: string; seconds: number | null };
export type Piece = Omit<Items["pictures"], "queue_s" | "run_s"> & {
  queue_s: number | null;
  run_s: number | null;
};
export type Act = "star" | "delete" | "undelete" | "keep" | "reuse" | "prompt" | "seed" | "vary";
export type Fetched = "download" | "copy" | "code" | "painter";

export interface Traits extends Record<string, unknown> {
  model: string;
  about: Partial<About>;
  loading: boolean;
  fault: string;
  notice: string;
  was_reset: string[];
  catalogue: Model[];
  controls: Control[];
  params: Values;
  problems: Record<string, string>;
  notes: Record<string, string>;
  n: number;
  estimate: Partial<Estimate>;
  jobs: StudioJob[];
  earlier: Piece[];
  newest: Piece[];
  logs: string[];
  prompts: string[];
  spent: string;
  sheet_mark: string;
}

type WireToKernel = Messages<Wire["toKernel"]>;
export type ToKernel =
  | Exclude<WireToKernel, { kind: "set" | "cancel" | "act" | "fetch" | "shown" }>
  | { kind: "shown"; view: string; frames: Record<string, number> }
  | { kind: "set"; view: string; n: number; values: Values }
  | { kind: "cancel"; job: string | null }
  | { kind: "act"; what: Act; key: string }
  | { kind: "fetch"; view: string; what: Fetched; key: string };

export interface StudioContract {
  traits: Traits;
  toKernel: ToKernel;
  toPage: Messages<Wire["toPage"]>;
}
