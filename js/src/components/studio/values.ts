/** Small decisions about values and numbers: pure. */
import type { Control, Json, Medium, Values } from "../../contract/studio";

/** The same without a prototype: a parameter may be called "constructor", or worse. */
export const bare = <Value>(named: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.setPrototypeOf({ ...named }, null);

/** What a control shows: what is set, else the default. */
export const current = (control: Control, values: Values): Json => values[control.name] ?? control.default;

export const same = (a: Json | undefined, b: Json | undefined): boolean =>
  a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));

/** Whether a control stands elsewhere than at its default. */
export function differs(control: Control, values: Values): boolean {
  const value = values[control.name];
  return value !== undefined && value !== null && !same(value, control.default);
}

export const isMedia = (control: Control): boolean =>
  control.look === "media" || control.item?.look === "media";

/** Whether a reset of everything would change something: the prompt and the media stay as they are. */
export const canReset = (controls: readonly Control[], values: Values): boolean =>
  Object.keys(values).some((name) => {
    const control = controls.find((one) => one.name === name);
    if (control === undefined || control.role === "seed") return true; // a seed that is set is fixed
    return control.role !== "prompt" && !isMedia(control) && differs(control, values);
  });

/** A number without the noise of binary fractions. */
export function tidyNumber(value: number, step: number | null): number {
  const digits = step === null ? 6 : Math.min(10, Math.max(0, -Math.floor(Math.log10(step)) + 2));
  return Number(value.toFixed(digits));
}

/** One step up or down, within the bounds, from a place on the grid that starts at the minimum. */
export function stepped(control: Control, value: number, steps: number): number {
  const step = control.step ?? 1;
  const moved = tidyNumber(value + steps * step, step);
  return Math.min(control.maximum ?? Number.POSITIVE_INFINITY, Math.max(control.minimum ?? -Infinity, moved));
}

/** Text in a number's field as it is sent: null for nothing, a number where it is exact, else the text itself. */
export function typedNumber(text: string): Json {
  const plain = text.trim().replace(/^(-?\d*),(\d+)$/, "$1.$2");
  if (plain === "") return null;
  const value = Number(plain);
  return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : plain;
}

export const asText = (value: Json | undefined): string =>
  value === undefined || value === null
    ? ""
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);

export const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a place such as `loras[1].scale` is that of `name`, or within it. */
export const isWithin = (place: string, name: string): boolean =>
  place.startsWith(name) && ["", "[", "."].includes(place.charAt(name.length));

/** What is wrong within a value that one control shows as a whole, each with its place. */
export const problemsWithin = (name: string, problems: Readonly<Record<string, string>>): string =>
  Object.entries(problems)
    .filter(([place]) => place !== name && isWithin(place, name))
    .map(([place, text]) => `${place}: ${text}`)
    .join("; ");

export const isMedium = (value: Json | undefined): value is Medium & { [name: string]: Json } =>
  isObject(value) && "key" in value && "problem" in value;

export interface Preset {
  label: string;
  width: number;
  height: number;
}

const RATIOS: readonly (readonly [number, number])[] = [
  [1, 1],
  [4, 3],
  [3, 4],
  [3, 2],
  [2, 3],
  [16, 9],
  [9, 16],
  [21, 9],
];

/** A length on the control's grid and within its bounds. */
export function fitted(control: Control, length: number): number {
  const step = Math.max(control.step ?? 1, 8);
  const near = Math.round(length / step) * step;
  return Math.min(control.maximum ?? near, Math.max(control.minimum ?? step, near));
}

/** "4:3" where the sides are so within a hundredth, else "custom". */
export function proportions(width: number, height: number): string {
  const near = RATIOS.find(([across, down]) => Math.abs((width * down) / (height * across) - 1) < 0.01);
  return near === undefined ? "custom" : near.join(":");
}

/** Sizes of about the same number of pixels in the usual proportions. */
export function presets(width: Control, height: Control, pixels: number): Preset[] {
  return RATIOS.map(([across, down]) => ({
    label: `${across}:${down}`,
    width: fitted(width, Math.sqrt((pixels * across) / down)),
    height: fitted(height, Math.sqrt((pixels * down) / across)),
  })).filter(
    ({ width, height }, i, all) => all.findIndex((o) => o.width === width && o.height === height) === i,
  );
}

/** "183 kB", "1.2 MB". */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  return size < 999_500 ? `${Math.round(size / 1000)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** Seconds, exact where they are few: "0.4 s", "2.5 s", "1 min 05 s". */
export function seconds(value: number): string {
  if (value < 9.95) return `${value.toFixed(1)} s`;
  const s = Math.round(value);
  return s < 60 ? `${s} s` : `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
}
