/** What a studio's components are given: state as signals, and what a person can do. Nothing of Jupyter. */
import type { ReadonlySignal } from "@preact/signals";
import type {
  About,
  Act,
  Control,
  Estimate,
  Fetched as FileKind,
  Json,
  Model,
  Piece,
  StudioJob,
  Values,
} from "../../contract/studio";
import type { CancelRequests } from "../cancel_requests";
import type { Frame } from "../frame";

/** A picture on its way from the kernel, or why it does not come. */
export interface Shown {
  url: string;
  blob: Blob | null;
  type: string;
  problem: string;
}

/** A file from the kernel: bytes, or text, or why there is none. */
export interface Fetched {
  blob: Blob | null;
  name: string;
  text: string;
  problem: string;
}

export interface Painting {
  picture: Blob;
  mask: Blob | null;
  onDone: (mask: Blob) => void;
  onCancel: () => void;
}

/** Puts the mask painter into an element, and gives a way to take it out again. */
export type Paint = (el: HTMLElement, painting: Painting) => () => void;

export interface BenchState {
  /** Where `values` are: "" for those of the model, `loras[1].` for the fields of an object. */
  place: string;
  model: ReadonlySignal<string>;
  about: ReadonlySignal<Partial<About>>;
  loading: ReadonlySignal<boolean>;
  /** Whether the kernel has gone: nobody is there to run anything. */
  gone: ReadonlySignal<boolean>;
  fault: ReadonlySignal<string>;
  notice: ReadonlySignal<string>;
  /** The parameters that a reset put back, as long as it can be undone. */
  wasReset: ReadonlySignal<readonly string[]>;
  catalogue: ReadonlySignal<readonly Model[]>;
  controls: ReadonlySignal<readonly Control[]>;
  /** What is set, with what was typed and is not yet confirmed. */
  values: ReadonlySignal<Values>;
  problems: ReadonlySignal<Readonly<Record<string, string>>>;
  notes: ReadonlySignal<Readonly<Record<string, string>>>;
  n: ReadonlySignal<number>;
  estimate: ReadonlySignal<Partial<Estimate>>;
  jobs: ReadonlySignal<readonly StudioJob[]>;
  pictures: ReadonlySignal<readonly Piece[]>;
  logs: ReadonlySignal<readonly string[]>;
  prompts: ReadonlySignal<readonly string[]>;
  spent: ReadonlySignal<string>;
  requests: ReadonlySignal<CancelRequests>;
  /** How much of each parameter's upload has arrived, 0 to 1. */
  uploads: ReadonlySignal<Readonly<Record<string, number>>>;
  /** The last thing that the kernel said. */
  said: ReadonlySignal<string>;
}

export interface BenchVerbs {
  frameOf(job: string): ReadonlySignal<Frame | null>;
  /** A picture at most `px` device pixels wide and high; 0 for all of it. */
  pictureOf(key: string, px: number): ReadonlySignal<Shown>;
  lookForModels(): void;
  choose(model: string): void;
  /** Set values, or take them away with null. While a person types, they are sent together. */
  change(values: Record<string, Json>, typing?: boolean): void;
  /** Put every parameter but the prompt and the media back to its default, or undo that. */
  reset(undo: boolean): void;
  /** So many pictures more or fewer. */
  count(by: number): void;
  run(): void;
  cancel(job: string | null): void;
  dismiss(job: string): void;
  upload(name: string, index: number, file: Blob): void;
  /** Let a file that is on its way go no further. */
  stopUpload(name: string, index: number): void;
  use(name: string, index: number, source: { key?: string; url?: string }): void;
  act(what: Act, key: string): void;
  fetch(what: FileKind, key: string): Promise<Fetched>;
  /** The mask painter, which is loaded when it is first asked for. */
  painter(): Promise<Paint>;
}

export type Bench = BenchState & BenchVerbs;
