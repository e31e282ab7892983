/** What a gallery's parts know of its pixels. */
import type { ReadonlySignal } from "@preact/signals";

/** A picture that is here, or why it cannot be; null while it is on its way. */
export type Picture = { url: string; px: number } | { reason: string } | null;

export interface Pictures {
  thumb(index: number): ReadonlySignal<Picture>;
  /** These are in view now, and no others, at this many device pixels. */
  want(indices: readonly number[], px: number): void;
  full(index: number): ReadonlySignal<Picture>;
  /** One picture is enlarged, at this many device pixels on its longer side; 0 for all it has. */
  enlarge(index: number, px: number): void;
}
