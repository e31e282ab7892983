/** The stage and its controls, for a picture that is ready. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useUniqueId } from "../unique_id";
import type { Tip } from "./brush";
import { firstFeather, firstSize, share } from "./dials";
import { type Easel, easel as openEasel } from "./easel";
import { keys, ZOOM_STEP } from "./keys";
import { painting as startPainting } from "./painting";
import { type Picture, readMask } from "./picture";
import { encodePng } from "./png";
import { pointing } from "./pointing";
import type { Rect } from "./raster";
import { inSlices } from "./slices";
import { type Acts, Dials, Group, Tool, Toolbar } from "./Tools";
import { contain, zoomInMiddle } from "./view";

export interface BenchProps {
  picture: Picture;
  /** What is marked from the beginning. */
  mask: Blob | null;
  onDone: (mask: Blob, facts: { coverage: number }) => void;
  onCancel: () => void;
}

const COLOUR = "#ff2d6f";
const OPACITY = 0.55;
const SOFTNESS = 0.2;

/** Long pieces of work, one at a time: `busy` is what is going on, "" while nothing is; `note` is what came of it. */
function useTasks() {
  const busy = useSignal("");
  const note = useSignal("");
  const run = (doing: string, task: () => Promise<void>) => {
    if (busy.value) return;
    busy.value = doing;
    note.value = "";
    task()
      .catch((error: unknown) => {
        note.value = `${doing} failed: ${error instanceof Error ? error.message : error}`;
      })
      .finally(() => {
        busy.value = "";
      });
  };
  return { busy, note, run };
}

/** Offer bytes to the browser as a download; some take their time to fetch them, so the address lives on. */
function download(blob: Blob, name: string, life: AbortSignal): void {
  const href = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href, download: name }).click();
  life.addEventListener("abort", () => URL.revokeObjectURL(href), { once: true });
}

/** The elements, the mask and the hands on it; all that is started ends with the component, by one signal. */
function useEasel(picture: Picture, busy: Signal<string>) {
  const stage = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const outline = useRef<HTMLDivElement>(null);
  const tip = useSignal<Tip>({
    erase: false,
    size: firstSize(picture),
    softness: SOFTNESS,
  });
  const colour = useSignal(COLOUR);
  const carrying = useSignal(false);
  const said = useSignal("");
  const onScreen = useRef<(rect: Rect) => void>(() => undefined);
  const [painting] = useState(() => startPainting(picture, (rect) => onScreen.current(rect)));
  const [open, setOpen] = useState<{ easel: Easel; life: AbortSignal } | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: signals and refs stay; another picture is another bench.
  useLayoutEffect(() => {
    if (stage.current === null || overlay.current === null || outline.current === null) return undefined;
    const controller = new AbortController();
    const life = controller.signal;
    const elements = { stage: stage.current, overlay: overlay.current, outline: outline.current };
    const easel = openEasel({ ...elements, picture, tip, colour, life }, painting.raster);
    onScreen.current = easel.changed;
    const say = (text: string) => {
      said.value = text;
    };
    const free = () => busy.value === "";
    const hands = { stage: stage.current, easel, painting, tip, free, carrying, say, life };
    pointing(hands);
    keys(hands);
    setOpen({ easel, life });
    return () => controller.abort();
  }, [picture, painting]);

  return { stage, overlay, outline, tip, colour, carrying, said, painting, open };
}

function Zooming({ easel }: { easel: Easel | undefined }) {
  const by = (factor: number) => () => easel?.look(zoomInMiddle(factor));
  return (
    <Group name="View">
      <Tool name="Zoom out" keys="−" glyph="smaller" onClick={by(1 / ZOOM_STEP)} />
      <output class="ig-tools__zoom" aria-label="Zoom">
        {Math.round(100 * (easel?.view.value.scale ?? 1))} %
      </output>
      <Tool name="Zoom in" keys="+" glyph="larger" onClick={by(ZOOM_STEP)} />
      <Tool name="Fit" keys="0" glyph="fit" onClick={() => easel?.look((_, ...sizes) => contain(...sizes))} />
    </Group>
  );
}

const Keys = ({ id }: { id: string }) => (
  <details class="ig-mask__keys">
    <summary>Keys</summary>
    <p id={id}>
      Arrows move the brush, with Shift by one pixel. Space paints while it is held, Enter lowers and lifts
      the brush. B brush, E eraser, [ and ] size, {"{ and }"} softness, I invert, Ctrl+Z undo, + and − zoom, 0
      fit. With a pointer: Space and drag moves the picture, the wheel zooms.
    </p>
  </details>
);

export function Bench({ picture, mask, onDone, onCancel }: BenchProps) {
  const id = useUniqueId();
  const { busy, note, run } = useTasks();
  const { stage, overlay, outline, tip, colour, carrying, said, painting, open } = useEasel(picture, busy);
  const opacity = useSignal(OPACITY);
  const featherBy = useSignal(firstFeather(picture));
  const marks = painting.marks.value;
  const marked = `${share(marks.coverage)} marked`;

  const load = (file: Blob, life: AbortSignal, undoable: boolean) =>
    run("Opening the mask", async () => {
      const { data, had } = await readMask(file, picture, life);
      painting.load(data, undoable);
      if (had.width !== picture.width || had.height !== picture.height) {
        note.value = `The mask has been scaled: it was ${had.width} × ${had.height} pixels.`;
      }
    });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is marked from the beginning is read once.
  useEffect(() => {
    if (mask !== null && open !== null) load(mask, open.life, false);
  }, [open]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is going on counts, not the signal that holds it.
  useEffect(() => {
    said.value = busy.value || marked;
  }, [busy.value, marked]);
  const acts: Acts = {
    undo: painting.undo,
    redo: painting.redo,
    invert: painting.invert,
    fill: () => painting.fill(255),
    clear: () => painting.fill(0),
    feather: () => open && run("Feathering", () => inSlices(painting.feather(featherBy.value), open.life)),
    open: (file) => open && load(file, open.life, true),
    save: () =>
      open && run("Saving", async () => download(await encodePng(painting.raster), "mask.png", open.life)),
  };
  const done = () =>
    run("Finishing", async () => {
      const png = await encodePng(painting.raster);
      if (!open?.life.aborted) onDone(png, { coverage: marks.coverage });
    });

  const unready = marks.coverage === 0 || busy.value !== "";
  return (
    <>
      <div class="ig-mask__bar">
        <Toolbar tip={tip} marks={marks} busy={busy.value !== ""} featherBy={featherBy} acts={acts} />
        <Zooming easel={open?.easel} />
      </div>
      <div
        ref={stage}
        class={`ig-mask__stage${carrying.value ? " ig-is-carrying" : ""}`}
        role="application"
        aria-label={`Mask over the picture, ${picture.width} × ${picture.height} pixels`}
        aria-describedby={`${id}-keys`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is worked by keys, as an application is.
        tabIndex={0}
        style={{ "--ig-ratio": String(picture.width / picture.height) }}
      >
        <canvas ref={overlay} class="ig-mask__overlay" style={{ opacity: String(opacity.value) }} />
        <div ref={outline} class="ig-mask__outline" hidden />
      </div>
      <Dials tip={tip} look={{ colour, opacity }} />
      <div class="ig-mask__foot">
        <p class="ig-mask__facts">{busy.value ? `${busy.value}…` : marked}</p>
        <Keys id={`${id}-keys`} />
        <div class="ig-mask__end">
          <button type="button" class="ig-button" onClick={onCancel}>
            Cancel
          </button>
          <button
            type="button"
            class="ig-button ig-mask__done"
            aria-disabled={unready}
            title={marks.coverage === 0 ? "Nothing is marked yet" : undefined}
            onClick={unready ? undefined : done}
          >
            Use mask
          </button>
        </div>
      </div>
      <p class="ig-mask__note" role="alert">
        {note.value}
      </p>
      <p class="ig-unseen" role="status">
        {said.value}
      </p>
    </>
  );
}
