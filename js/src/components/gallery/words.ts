/** A picture's facts in words. */
import type { Caption, Item } from "../../contract/gallery";

const WORDS: Record<Exclude<Caption, "prompt">, (item: Item) => string> = {
  model: ({ model }) => model,
  seed: ({ seed }) => (seed === "" ? "" : `seed ${seed}`),
  size: ({ width, height }) => (width > 0 ? `${width}×${height}` : ""),
  seconds: ({ seconds }) => (seconds === null ? "" : `${seconds.toFixed(1)} s`),
  cost: ({ cost }) => (cost === "unknown" ? "cost unknown" : cost),
};

export const CAPTIONS: readonly Caption[] = ["prompt", "model", "seed", "size", "seconds", "cost"];

/** The line of facts under a picture: "seed 7 · 1024×768". */
export const facts = (item: Item, captions: readonly Caption[]): string =>
  captions
    .map((name) => (name === "prompt" ? "" : WORDS[name](item)))
    .filter(Boolean)
    .join(" · ");

/** What stands for a picture where it cannot be seen. */
export const altOf = (item: Item): string => item.prompt || facts(item, ["model", "seed"]) || "picture";

const MAX_LINE = 120;

/** A prompt for one line: what is beyond is in the title and the viewer. */
export const inOneLine = (prompt: string): string =>
  prompt.length > MAX_LINE ? `${prompt.slice(0, MAX_LINE)}…` : prompt;

/** Its name for those who listen: the words that stand under it, else what sets it apart. */
export function nameOf(item: Item, captions: readonly Caption[]): string {
  const seen = [captions.includes("prompt") ? inOneLine(item.prompt) : "", facts(item, captions)];
  const words = seen.filter(Boolean).join(" ") || inOneLine(altOf(item));
  return item.starred ? `${words}, starred` : words;
}
