/** One call while it runs: its pictures side by side, how far they are, and a way to stop them. */
import "../theme/theme"; // first: the parts below build on it
import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { Job } from "../contract/job_view";
import { Announcer } from "./Announcer";
import { CancelControl, CancelOne } from "./CancelControl";
import { ALL_JOBS, answerFor, type CancelRequests } from "./cancel_requests";
import { useClock } from "./clock";
import type { Frame } from "./frame";
import { WhatIsLeft } from "./Gone";
import { columns, isFinal, lost, ratio, summary } from "./job";
import { LogFold } from "./LogFold";
import { Meter } from "./Meter";
import { Stage } from "./Stage";
import "./JobView.css";

export interface JobViewProps {
  jobs: ReadonlySignal<readonly Job[]>;
  /** The model's name. */
  title: ReadonlySignal<string>;
  prompt: ReadonlySignal<string>;
  logs: ReadonlySignal<readonly string[]>;
  /** Whether the kernel that followed the call has gone. */
  gone: ReadonlySignal<boolean>;
  /** "" where cancelling ends everything, else what it does not end. */
  cancelLimits: ReadonlySignal<string>;
  requests: ReadonlySignal<CancelRequests>;
  frameOf: (job: string) => ReadonlySignal<Frame | null>;
  /** Cancel one job, or all with null. */
  onCancel: (job: string | null) => void;
}

function Heading({ title, prompt, state }: { title: string; prompt: string; state: string }) {
  return (
    <div class="ig-call__head">
      <p class="ig-call__title">
        {title}
        {state && <span class="ig-call__state">{state}</span>}
      </p>
      {prompt && (
        <p class="ig-call__prompt" dir="auto" title={prompt}>
          {prompt}
        </p>
      )}
    </div>
  );
}

export function JobView(props: JobViewProps) {
  const { jobs, title, prompt, logs, gone, cancelLimits, requests, frameOf, onCancel } = props;
  const received = useComputed(() => ({ jobs: jobs.value, at: performance.now() }));
  const running = useComputed(() => !gone.value && jobs.value.some((job) => !isFinal(job)));
  const now = useClock(running);
  const { jobs: heard, at } = received.value;
  const list = gone.value ? heard.map(lost) : heard;
  const many = list.length > 1;
  const state = many ? summary(list) : "";
  const nameOf = (index: number) => (many ? `picture ${index + 1} of ${list.length}` : "the picture");
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; a section would be one landmark per cell.
    <div
      role="group"
      class={`ig-call ${many ? "ig-is-many" : "ig-is-one"}`}
      aria-label={`Image generation, ${title.value}`}
      style={{ "--ig-columns": String(columns(list.length)), "--ig-ratio": String(ratio(list[0])) }}
    >
      <Heading title={title.value} prompt={prompt.value} state={state} />
      {/* biome-ignore lint/a11y/noRedundantRoles: without list marks, some browsers forget that it is a list. */}
      <ul class="ig-call__jobs" role="list">
        {list.map((job, index) => (
          <li class="ig-call__job" key={job.id}>
            <Stage job={job} name={nameOf(index)} frame={frameOf(job.id)}>
              {many && running.value && !isFinal(job) && (
                <CancelOne
                  name={nameOf(index)}
                  asked={answerFor(requests.value, job.id) !== undefined}
                  onCancel={() => onCancel(job.id)}
                />
              )}
            </Stage>
            <Meter job={job} name={nameOf(index)} since={at} now={now} />
          </li>
        ))}
      </ul>
      <div class="ig-call__foot">
        {gone.value && <WhatIsLeft jobs={list} model={title.value} />}
        {running.value && (
          <CancelControl
            label={many ? "Cancel all" : "Cancel"}
            answer={requests.value[ALL_JOBS]}
            limits={cancelLimits.value}
            onCancel={() => onCancel(null)}
          />
        )}
        <LogFold logs={logs} />
      </div>
      <Announcer text={many ? state : (list[0]?.text ?? "")} turn={list.map((job) => job.phase).join()} />
    </div>
  );
}
