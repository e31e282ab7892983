/** The contract of the Compare widget; the field names are the wire's. */
import type contract from "../../../src/ipyimagegen/notebook/widgets/contract/compare.json";
import type { Messages } from "./messages";

type Wire = typeof contract;

export type Mode = "slider" | "side" | "flicker" | "difference";
export type Compared = Wire["items"]["pictures"];
export type Parameter = Wire["items"]["parameters"];

/** A piece of a prompt, against the first one's. */
export interface Run {
  change: "same" | "added" | "removed";
  text: string;
}

export type Traits = Omit<Wire["traits"], "pictures" | "mode" | "parameters" | "prompts"> & {
  pictures: Compared[];
  mode: Mode;
  parameters: Parameter[];
  prompts: Run[][];
};

export type ToKernel = Messages<Wire["toKernel"]>;
export type ToPage = Messages<Wire["toPage"]>;

export interface CompareContract {
  traits: Traits;
  toKernel: ToKernel;
  toPage: ToPage;
}
