/** What a widget that stands in for a picture, and its kernel side, say to each other for the picture's sake. */
import type contract from "../../../src/ipyimagegen/notebook/widgets/contract/stand_in.json";
import type { Messages } from "./messages";

type Wire = typeof contract;
export type ToKernel = Messages<Wire["toKernel"]>;
export type ToPage = Messages<Wire["toPage"]>;
