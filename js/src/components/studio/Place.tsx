/** The stage: the call under way, the chosen picture, or what to do first. */
import { type ReadonlySignal, useComputed } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Piece, StudioJob } from "../../contract/studio";
import { CancelControl } from "../CancelControl";
import { answerFor } from "../cancel_requests";
import { useClock } from "../clock";
import type { Frame } from "../frame";
import { WhatIsLeft } from "../Gone";
import { RESULT_TYPE } from "../inputs/picking";
import { columns, isFinal, ratio } from "../job";
import { Meter } from "../Meter";
import { Stage } from "../Stage";
import type { Bench } from "./bench";
import { Icon } from "./icons";
import { seconds } from "./values";
import "./Place.css";

const SIZES_PX = [640, 1024, 1600, 2400] as const;

/** The smallest size the kernel is asked for that fills `css` pixels on this screen. */
export function askedPx(css: number, pixelRatio: number): number {
  const needed = css * pixelRatio;
  return SIZES_PX.find((size) => size >= needed) ?? 0;
}

function Times({ job, since, now }: { job: StudioJob; since: number; now: ReadonlySignal<number> }) {
  if (job.run_s === null) return null;
  const passed = isFinal(job) ? 0 : Math.max(0, (now.value - since) / 1000);
  return (
    <p class="ig-times">
      {job.queue_s >= 0.05 && `waited ${seconds(job.queue_s)}, `}
      {isFinal(job) ? "ran" : "runs"} {seconds(job.run_s + passed)}
    </p>
  );
}

/** How many pictures of a call stand side by side: two by two for four. */
const beside = (count: number): number => (count === 4 ? 2 : Math.min(3, columns(count)));

export function CallStage({ bench, call }: { bench: Bench; call: string }) {
  const list = useComputed(() => bench.jobs.value.filter((job) => job.call === call));
  const received = useComputed(() => ({ jobs: bench.jobs.value, at: performance.now() }));
  const running = useComputed(() => list.value.some((job) => !isFinal(job)));
  const now = useClock(running);
  const jobs = list.value;
  const many = jobs.length > 1;
  const at = received.value.at;
  const asked = jobs.some((job) => answerFor(bench.requests.value, job.id) !== undefined);
  return (
    <div class={`ig-place__call${many ? " ig-is-many" : ""}`}>
      <ul
        class="ig-place__jobs"
        // biome-ignore lint/a11y/noRedundantRoles: without list marks, some browsers forget that it is a list.
        role="list"
        style={{ "--ig-columns": String(beside(jobs.length)) }}
      >
        {jobs.map((job, index) => {
          const name = many ? `picture ${index + 1} of ${jobs.length}` : "the picture";
          return (
            <li class="ig-place__job" key={job.id} style={{ "--ig-ratio": String(ratio(job)) }}>
              <Stage job={job} name={name} frame={bench.frameOf(job.id)} />
              <Meter job={job} name={name} since={at} now={now} elapsed={job.run_s === null} />
              <Times job={job} since={at} now={now} />
            </li>
          );
        })}
      </ul>
      <WhatIsLeft jobs={jobs} model={jobs[0]?.model ?? ""} />
      {running.value && (
        <CancelControl
          label={many ? "Cancel this run" : "Cancel"}
          answer={asked ? answerFor(bench.requests.value, jobs[0]?.id ?? "") : undefined}
          limits={jobs[0]?.cannot_cancel ?? ""}
          onCancel={() => {
            for (const job of jobs) if (!isFinal(job)) bench.cancel(job.id);
          }}
        />
      )}
      {!running.value && jobs.every(({ phase }) => phase !== "lost") && (
        <button type="button" class="ig-button" onClick={() => bench.dismiss(jobs[0]?.id ?? "")}>
          Dismiss
        </button>
      )}
    </div>
  );
}

/** The last preview, until the picture itself is here. */
function LastFrame({ frame }: { frame: Frame }) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    frame.image.className = "ig-stage__image";
    host.current?.replaceChildren(frame.image);
  }, [frame]);
  return <div class="ig-stage__preview" ref={host} aria-hidden="true" />;
}

interface PictureStageProps {
  bench: Bench;
  piece: Piece;
  onEnlarge: () => void;
}

/** The job that made a piece: its key without the output's number. */
export const jobOf = ({ key }: Pick<Piece, "key">): string => key.slice(0, key.lastIndexOf("."));

export function PictureStage({ bench, piece, onEnlarge }: PictureStageProps) {
  const box = useRef<HTMLDivElement>(null);
  const [px, setPx] = useState<number | null>(null);
  useLayoutEffect(() => {
    const { width, height } = box.current?.getBoundingClientRect() ?? { width: 0, height: 0 };
    setPx(askedPx(Math.max(width, height), window.devicePixelRatio || 1));
  }, []);
  const shown = px === null ? null : bench.pictureOf(piece.key, px).value;
  const small = bench.pictureOf(piece.key, 160).value;
  const frame = bench.frameOf(jobOf(piece)).value;
  const problem = piece.error || shown?.problem || "";
  const video = piece.type.startsWith("video/");
  return (
    <div ref={box} class="ig-stage ig-place__picture" style={{ "--ig-ratio": String(ratio(piece)) }}>
      {!shown?.url && frame !== null && <LastFrame frame={frame} />}
      {!shown?.url && frame === null && small.url && <img class="ig-stage__image" src={small.url} alt="" />}
      {shown?.url && video && (
        // biome-ignore lint/a11y/useMediaCaption: made by a model, there is nothing to caption.
        <video class="ig-stage__image" src={shown.url} controls aria-label={piece.alt} />
      )}
      {shown?.url && !video && (
        <button
          type="button"
          class="ig-button ig-place__look"
          aria-label="Enlarge the picture"
          onClick={onEnlarge}
        >
          <img
            class="ig-stage__image"
            src={shown.url}
            alt={piece.alt || "The picture"}
            draggable
            onDragStart={({ dataTransfer }) => dataTransfer?.setData(RESULT_TYPE, piece.key)}
          />
        </button>
      )}
      {problem && (
        <div class="ig-stage__error">
          <p>{problem}</p>
        </div>
      )}
    </div>
  );
}

/** Before the first picture. */
export function EmptyStage({ bench }: { bench: Bench }) {
  const { title, description } = bench.about.value;
  return (
    <div class="ig-stage ig-place__empty" style={{ "--ig-ratio": "1.5" }}>
      <div class="ig-place__hello">
        <Icon name="picture" />
        <p class="ig-place__title">{title || "Choose a model"}</p>
        {description && <p class="ig-place__about">{description}</p>}
        <p class="ig-place__hint">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs
        </p>
      </div>
    </div>
  );
}

export function TextStage({ piece }: { piece: Piece }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section class="ig-place__text" dir="auto" tabIndex={0} aria-label="Answer">
      {piece.text}
    </section>
  );
}
