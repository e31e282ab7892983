/** The place where a picture comes: noise at first, then previews, then the last frame or what went wrong. */
import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Job } from "../contract/job_view";
import type { Frame } from "./frame";
import { Icon } from "./icons";
import { isFinal, ratio } from "./job";
import "./Stage.css";

export interface StageProps {
  job: Job;
  /** "picture 2 of 4", for those who listen. */
  name: string;
  frame: ReadonlySignal<Frame | null>;
  children?: ComponentChildren;
}

/** Puts decoded images on the page by swapping the element: no moment without a picture. */
function Preview({ frame, name }: { frame: Frame; name: string }) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { image, step } = frame;
    image.className = "ig-stage__image";
    image.alt = step > 0 ? `Preview of ${name}, step ${step}` : `Preview of ${name}`;
    host.current?.replaceChildren(image);
  }, [frame, name]);
  return <div class="ig-stage__preview" ref={host} />;
}

export function Stage({ job, name, frame, children }: StageProps) {
  const shown = frame.value;
  const style = {
    "--ig-ratio": String(ratio(job)),
    "--ig-noise": String(1 - 0.75 * (job.fraction ?? 0)),
  };
  return (
    <div class={`ig-stage ig-is-${job.phase}`} style={style}>
      {shown === null && (
        <div class={`ig-stage__noise${isFinal(job) ? " ig-is-still" : ""}`} aria-hidden="true" />
      )}
      {shown !== null && <Preview frame={shown} name={name} />}
      {job.phase === "failed" && (
        <div class="ig-stage__error">
          <Icon name="warning" />
          <p dir="auto">{job.error || "The job failed and gave no reason."}</p>
        </div>
      )}
      {children}
    </div>
  );
}
