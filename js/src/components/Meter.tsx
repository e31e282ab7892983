/** How far one job is: a bar, its status in words, and time. */
import type { ReadonlySignal } from "@preact/signals";
import type { Job } from "../contract/job_view";
import { duration, timeLeft } from "./duration";
import { Icon } from "./icons";
import { isFinal } from "./job";
import "./Meter.css";

export interface MeterProps {
  job: Job;
  name: string;
  /** When the page had this state, on the page's clock (ms). */
  since: number;
  now: ReadonlySignal<number>;
  /** Whether it says how long the job has taken up to now; true by default. */
  elapsed?: boolean;
}

function Bar({ job, name }: { job: Job; name: string }) {
  const known = job.phase === "succeeded" ? 1 : job.fraction;
  const moving = known === null && !isFinal(job);
  const percent = known === null ? undefined : Math.round(known * 100);
  return (
    <div
      class={`ig-bar${moving ? " ig-is-unknown" : ""}`}
      role="progressbar"
      aria-label={`Progress of ${name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={job.text}
    >
      <div class="ig-bar__fill" style={moving ? undefined : { transform: `scaleX(${known ?? 0})` }} />
    </div>
  );
}

function Times({ job, since, now, elapsed = true }: Omit<MeterProps, "name">) {
  const passed = isFinal(job) ? 0 : Math.max(0, (now.value - since) / 1000);
  const left = job.eta_s === null || isFinal(job) ? null : timeLeft(job.eta_s - passed);
  const percent = job.fraction === null || isFinal(job) ? null : Math.round(job.fraction * 100);
  return (
    <span class="ig-meter__times">
      {percent !== null && <span class="ig-meter__part">{percent} %</span>}
      {left !== null && <span class="ig-meter__part">{left}</span>}
      {elapsed && <span class="ig-meter__part">{duration(job.elapsed_s + passed)}</span>}
    </span>
  );
}

export function Meter({ job, name, ...clock }: MeterProps) {
  return (
    <div class={`ig-meter ig-is-${job.phase}`}>
      <Bar job={job} name={name} />
      <div class="ig-meter__line">
        {job.phase === "succeeded" && <Icon name="check" />}
        {job.phase === "cancelled" && <Icon name="cross" />}
        <span class="ig-meter__text">{job.text}</span>
        <Times job={job} {...clock} />
      </div>
    </div>
  );
}
