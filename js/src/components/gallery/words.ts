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

/** Its name for those who listen: prompt first, cut, then what sets it apart. */
export function nameOf(item: Item): string {
  const prompt = item.prompt.length > 120 ? `${item.prompt.slice(0, 120)}…` : item.prompt;
  return [prompt || "picture", facts(item, ["model", "seed"]), item.starred ? "starred" : ""]
    .filter(Boolean)
    .join(", ");
}
