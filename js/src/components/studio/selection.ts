/** What the stage shows: a call under way, or a picture. Pure. */
import type { Piece, StudioJob } from "../../contract/studio";

type Jobs = readonly Pick<StudioJob, "call">[];
type Pictures = readonly Pick<Piece, "key" | "call">[];

/**
 * The call or picture to show now. A new call is shown unless another is being watched, or its first picture where it
 * was done before anyone looked; a call that is done hands over to its first picture; a picture that was deleted hands
 * over to its neighbour.
 */
export function nextSelection(
  selected: string,
  before: { calls: ReadonlySet<string>; pictures: readonly string[] },
  jobs: Jobs,
  pictures: Pictures,
): string {
  const calls = new Set(jobs.map(({ call }) => call));
  const fresh = [...calls].filter((call) => !before.calls.has(call));
  if (calls.has(selected)) return selected;
  const made = pictures.find(({ call }) => call === selected);
  if (made !== undefined) return made.key;
  if (fresh[0] !== undefined) return fresh[0];
  const seen = new Set(before.pictures);
  const quick = pictures.find(({ key, call }) => !seen.has(key) && !before.calls.has(call));
  if (quick !== undefined && selected !== "") return quick.key;
  if (pictures.some(({ key }) => key === selected)) return selected;
  const place = before.pictures.indexOf(selected);
  const neighbour =
    place < 0 ? undefined : (pictures[Math.min(place, pictures.length - 1)]?.key ?? undefined);
  return neighbour ?? pictures.at(-1)?.key ?? [...calls][0] ?? "";
}
