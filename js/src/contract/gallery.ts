/** The contract of the Gallery widget; the field names are the wire's. */
import type contract from "../../../src/ipyimagegen/notebook/widgets/contract/gallery.json";
import type { Messages } from "./messages";

type Wire = typeof contract;

export type Caption = "prompt" | "model" | "seed" | "size" | "seconds" | "cost";

/** One picture. `seconds` and `amount` are null where nobody knows; `created` is epoch seconds. */
export type Item = Omit<Wire["items"]["item"], "seconds" | "amount"> & {
  seconds: number | null;
  amount: number | null;
};

export type Traits = Omit<Wire["traits"], "captions" | "selection"> & {
  captions: Caption[];
  selection: number[];
};

type Items = Omit<Wire["toPage"]["items"], "kind" | "items"> & { kind: "items"; items: Item[] };
export type ToPage = Exclude<Messages<Wire["toPage"]>, { kind: "items" }> | Items;
export type ToKernel = Messages<Wire["toKernel"]>;

export interface GalleryContract {
  traits: Traits;
  toKernel: ToKernel;
  toPage: ToPage;
}
