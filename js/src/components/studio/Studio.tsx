/** The workbench: a form on the left, what comes of it on the right; one below the other where there is little room. */
import "../../theme/theme"; // first: the parts below build on it
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Piece } from "../../contract/studio";
import { Announcer } from "../Announcer";
import { isFinal } from "../job";
import { LogFold } from "../LogFold";
import type { Bench } from "./bench";
import { Facts } from "./Facts";
import { Filmstrip, tiles } from "./Filmstrip";
import { Parameters, Words } from "./Form";
import { ModelPicker } from "./ModelPicker";
import { CallStage, EmptyStage, PictureStage, TextStage } from "./Place";
import { RunRow } from "./RunRow";
import { nextSelection } from "./selection";
import { Viewer } from "./Viewer";
import { isWithin } from "./values";
import "./Studio.css";

/** What the stage shows, moved on as jobs and pictures come and go. */
function useSelection(bench: Bench) {
  const selected = useSignal("");
  const before = useRef<{ calls: ReadonlySet<string>; pictures: readonly string[] }>({
    calls: new Set(),
    pictures: [],
  });
  useSignalEffect(() => {
    const [jobs, pictures] = [bench.jobs.value, bench.pictures.value];
    selected.value = nextSelection(selected.peek(), before.current, jobs, pictures);
    before.current = {
      calls: new Set(jobs.map(({ call }) => call)),
      pictures: pictures.map(({ key }) => key),
    };
  });
  return selected;
}

function Notices({ bench, said }: { bench: Bench; said: string }) {
  const closed = useSignal("");
  const { fault, notice } = bench;
  return (
    <>
      {fault.value && (
        <p class="ig-studio__fault" dir="auto" role="alert">
          {fault.value}
        </p>
      )}
      {notice.value && closed.value !== notice.value && (
        <p class="ig-studio__notice">
          <span>{notice.value}</span>
          <button
            type="button"
            class="ig-button ig-tiny"
            aria-label="Close this note"
            onClick={() => {
              closed.value = notice.value;
            }}
          >
            ×
          </button>
        </p>
      )}
      <p class="ig-unseen" role="status">
        {said}
      </p>
    </>
  );
}

/** Puts the keyboard at the control of a place such as `loras[1].scale`, or at the nearest that holds it. */
function focusAt(root: HTMLElement, place: string) {
  const holders = [...root.querySelectorAll<HTMLElement>("[data-param]")];
  const nearest = holders.findLast(({ dataset }) => isWithin(place, dataset["param"] ?? ""));
  const find = (selector: string) => nearest?.querySelector<HTMLElement>(selector);
  (find('[aria-invalid="true"]') ?? find('input:not([type="range"]), textarea, select'))?.focus();
}

/** How things stand, for those who listen. */
function standing(bench: Bench): { text: string; turn: string } {
  const jobs = bench.jobs.value;
  const running = jobs.filter((job) => !isFinal(job));
  const made = bench.pictures.value.length;
  const text =
    running[0]?.text ??
    jobs.at(-1)?.text ??
    (made > 0 ? `${made} ${made === 1 ? "picture" : "pictures"}` : "");
  return { text, turn: `${jobs.map(({ id, phase }) => id + phase).join()} ${made}` };
}

/** Apart, so that the news of a job do not draw the studio anew. */
function Standing({ bench }: { bench: Bench }) {
  return <Announcer {...standing(bench)} />;
}

export function Studio({ bench: given }: { bench: Bench }) {
  const deleted = useSignal(false);
  const bench = useMemo(() => {
    const act: Bench["act"] = (what, key) => {
      deleted.value = what === "delete";
      given.act(what, key);
    };
    return { ...given, act };
  }, [given, deleted]);
  const root = useRef<HTMLDivElement>(null);
  const selected = useSelection(bench);
  const enlarged = useSignal("");
  const attempted = useSignal("");
  const said = useSignal("");
  useSignalEffect(() => {
    said.value = bench.said.value;
  });
  const tried = attempted.value === bench.model.value && attempted.value !== "";
  const shown = useComputed<Piece | undefined>(() =>
    bench.pictures.value.find(({ key }) => key === selected.value),
  );
  const call = useComputed(() => bench.jobs.value.some((job) => job.call === selected.value));
  const viewed = bench.pictures.value.find(({ key }) => key === enlarged.value);
  const piece = shown.value;
  const run = () => {
    if (bench.gone.value) return; // as it says
    attempted.value = bench.model.value;
    bench.run();
    const [first] = Object.keys(bench.problems.value);
    if (first !== undefined && root.current !== null) focusAt(root.current, first);
  };
  const go = (steps: number) => {
    const keys = tiles([], bench.pictures.value).map(({ id }) => id);
    const to = keys[keys.indexOf(enlarged.value) + steps];
    if (to === undefined) return;
    enlarged.value = to;
    selected.value = to;
  };
  const enlarge = (key: string) => {
    const isPicture = bench.pictures.value.some(
      (one) => one.key === key && one.type.startsWith("image/") && !one.error,
    );
    if (isPicture) enlarged.value = key;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section would be one landmark per cell.
    <div
      ref={root}
      role="group"
      class="ig-studio"
      aria-label={`Studio, ${bench.model.value || "no model"}`}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        event.stopPropagation(); // it would run the cell
        run();
      }}
    >
      <div class="ig-studio__side">
        <div class="ig-studio__head">
          <ModelPicker bench={bench} />
          <Notices bench={bench} said={deleted.value ? "Deleted." : said.value} />
          <Words bench={bench} attempted={tried} />
          <RunRow bench={bench} onRun={run} />
        </div>
        <div class="ig-studio__parameters">
          <Parameters bench={bench} attempted={tried} />
        </div>
      </div>
      <div class="ig-studio__bench">
        {call.value && <CallStage key={selected.value} bench={bench} call={selected.value} />}
        {!call.value && piece !== undefined && piece.type !== "text/plain" && (
          <PictureStage key={piece.key} bench={bench} piece={piece} onEnlarge={() => enlarge(piece.key)} />
        )}
        {!call.value && piece?.text && <TextStage piece={piece} />}
        {!call.value && piece === undefined && <EmptyStage bench={bench} />}
        {!call.value && piece !== undefined && (
          <Facts
            bench={bench}
            piece={piece}
            onEnlarge={() => enlarge(piece.key)}
            onSaid={(words) => {
              said.value = words;
            }}
          />
        )}
        <Filmstrip
          bench={bench}
          selected={selected.value}
          onSelect={(id) => {
            selected.value = id;
          }}
          onOpen={enlarge}
        />
        <LogFold logs={bench.logs} />
        {deleted.value && (
          <p class="ig-studio__said">
            Deleted.{" "}
            <button type="button" class="ig-button ig-small" onClick={() => bench.act("undelete", "")}>
              Undo
            </button>
          </p>
        )}
        {!deleted.value && said.value && (
          <p class="ig-studio__said" aria-hidden="true">
            {said.value}
          </p>
        )}
      </div>
      {viewed !== undefined && (
        <Viewer
          bench={bench}
          piece={viewed}
          onGo={go}
          onClose={() => {
            enlarged.value = "";
          }}
        />
      )}
      <Standing bench={bench} />
    </div>
  );
}
