/** What the state of a job means to the eye. */
import type { Job, Phase } from "../contract/job_view";

const FINAL: ReadonlySet<Phase> = new Set<Phase>(["succeeded", "failed", "cancelled", "lost"]);

export const isFinal = (job: Pick<Job, "phase">): boolean => FINAL.has(job.phase);

/** A job as it was last heard of, now that nobody tells of it any more. */
export const lost = <J extends Job>(job: J): J =>
  isFinal(job) ? job : { ...job, phase: "lost", text: `last heard: ${job.text}` };

/** How several jobs stand, in words: "2 of 4 ready, 1 failed". */
export function summary(jobs: readonly Pick<Job, "phase">[]): string {
  const count = (phase: Phase) => jobs.filter((job) => job.phase === phase).length;
  const parts = [`${count("succeeded")} of ${jobs.length} ready`];
  if (count("failed") > 0) parts.push(`${count("failed")} failed`);
  if (count("cancelled") > 0) parts.push(`${count("cancelled")} cancelled`);
  if (count("lost") > 0) parts.push(`${count("lost")} no longer followed`);
  return parts.join(", ");
}

/** How many pictures stand side by side where there is room: one row up to five, then two. */
export const columns = (count: number): number => (count <= 5 ? count : Math.ceil(count / 2));

/** Width by height of the coming picture; a square where the size is unknown. */
export const ratio = (job: Pick<Job, "width" | "height"> | undefined): number =>
  job !== undefined && job.width > 0 && job.height > 0 ? job.width / job.height : 1;
