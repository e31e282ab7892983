/** What became of a request to cancel, as far as the page knows. */
export type CancelAnswer = "asked" | "heard" | "unheard" | "interrupting";

/** The key of a request that means every job of the call; no job has an empty id. */
export const ALL_JOBS = "";

/** Answers by job id. */
export type CancelRequests = Readonly<Record<string, CancelAnswer>>;

/** The answer that counts for one job: its own, else that for all. */
export function answerFor(requests: CancelRequests, job: string): CancelAnswer | undefined {
  return requests[job] ?? requests[ALL_JOBS];
}
