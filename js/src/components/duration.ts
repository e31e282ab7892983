/** Times in words, calm enough to be read while they change. */

const twoDigits = (n: number): string => String(n).padStart(2, "0");

/** "12 s", "2 min 05 s", "1 h 04 min"; whole units, rounded down. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${twoDigits(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${twoDigits(Math.floor(s / 60) % 60)} min`;
}

/** "about 20 s left": exact below ten seconds, then in steps of five, then in minutes. */
export function timeLeft(seconds: number): string {
  if (seconds < 1) return "almost done";
  if (seconds < 10) return `${Math.ceil(seconds)} s left`;
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  return `about ${Math.ceil(seconds / 60)} min left`;
}
