/** All pictures in small, the newest first, with what is under way before them. */
import type { ReadonlySignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Piece, StudioJob } from "../../contract/studio";
import { focusedIn, hasKeyboard } from "../focus";
import type { Frame } from "../frame";
import { RESULT_TYPE } from "../inputs/picking";
import type { Bench } from "./bench";
import { Icon } from "./icons";
import "./Filmstrip.css";

const THUMB_PX = 160;

export interface FilmstripProps {
  bench: Bench;
  selected: string;
  onSelect: (id: string) => void;
  onOpen: (key: string) => void;
}

interface Tile {
  id: string;
  label: string;
  job: StudioJob | null;
  piece: Piece | null;
}

/** Jobs without their pictures yet, newest first, then pictures, newest first. */
export function tiles(jobs: readonly StudioJob[], pictures: readonly Piece[]): Tile[] {
  const waiting = jobs
    .filter(({ phase }) => phase !== "succeeded")
    .map((job) => ({ id: job.call, label: `${job.text}: ${job.prompt}`, job, piece: null }));
  const made = pictures.map((piece) => ({
    id: piece.key,
    label: `${piece.starred ? "Starred. " : ""}${piece.alt || piece.type}${piece.seed && `, seed ${piece.seed}`}`,
    job: null,
    piece,
  }));
  return [...waiting.toReversed(), ...made.toReversed()];
}

function Moving({ frame }: { frame: ReadonlySignal<Frame | null> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = frame.value;
  useLayoutEffect(() => {
    const board = canvas.current;
    if (board === null || shown === null) return;
    const { naturalWidth: width, naturalHeight: height } = shown.image;
    const side = Math.min(width, height);
    board
      .getContext?.("2d")
      ?.drawImage(shown.image, (width - side) / 2, (height - side) / 2, side, side, 0, 0, 96, 96);
  }, [shown]);
  return shown === null ? null : <canvas ref={canvas} class="ig-tile__image" width={96} height={96} />;
}

function Waiting({ job, bench }: { job: StudioJob; bench: Bench }) {
  const failed = job.phase === "failed";
  return (
    <>
      {!failed && <Moving frame={bench.frameOf(job.id)} />}
      {failed && <span class="ig-tile__mark ig-is-failed">!</span>}
      {(job.phase === "cancelled" || job.phase === "lost") && <Icon name="cross" />}
      <span class={`ig-tile__bar ig-is-${job.phase}`} style={{ "--ig-part": String(job.fraction ?? 0) }} />
    </>
  );
}

function Made({ piece, bench }: { piece: Piece; bench: Bench }) {
  const { url } = bench.pictureOf(piece.key, THUMB_PX).value;
  const isPicture = piece.type.startsWith("image/") && !piece.error;
  return (
    <>
      {isPicture && url && (
        // biome-ignore lint/a11y/noStaticElementInteractions: dragging has a button that does the same.
        <img
          class="ig-tile__image"
          src={url}
          alt=""
          draggable
          onDragStart={({ dataTransfer }) => dataTransfer?.setData(RESULT_TYPE, piece.key)}
        />
      )}
      {!isPicture && <span class="ig-tile__mark">{piece.error ? "!" : piece.type.split("/").at(-1)}</span>}
      {piece.starred && <Icon name="star" filled />}
    </>
  );
}

export function Filmstrip({ bench, selected, onSelect, onOpen }: FilmstripProps) {
  const list = useRef<HTMLDivElement>(null);
  const all = tiles(bench.jobs.value, bench.pictures.value);
  const strip = list.current;
  const held = hasKeyboard(strip);
  useLayoutEffect(() => {
    // The keyboard's place is the selected tile, also when the tile that had it was deleted or gave way to its picture.
    const tile = strip?.querySelector<HTMLElement>('[tabindex="0"]');
    if (held && tile && tile !== focusedIn(tile)) tile.focus({ preventScroll: true });
  });
  const place = Math.max(
    0,
    all.findIndex(({ id }) => id === selected),
  );
  const here = all[place];
  if (here === undefined) return null;
  const go = (to: number) => {
    const tile = all[Math.min(all.length - 1, Math.max(0, to))];
    if (tile === undefined) return;
    onSelect(tile.id);
    list.current?.querySelectorAll<HTMLElement>('[role="option"]')[all.indexOf(tile)]?.focus();
  };
  const keys: Record<string, () => void> = {
    ArrowRight: () => go(place + 1),
    ArrowLeft: () => go(place - 1),
    Home: () => go(0),
    End: () => go(all.length - 1),
    Enter: () => onOpen(here.id),
    s: () => bench.act("star", here.id),
    Delete: () => bench.act("delete", here.id),
  };
  return (
    <div
      ref={list}
      class="ig-strip"
      role="listbox"
      aria-label="Pictures"
      aria-orientation="horizontal"
      onKeyDown={(event) => {
        const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
        if (act === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        act();
      }}
    >
      {all.map(({ id, label, job, piece }, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the list hears the keys.
        <div
          key={job?.id ?? id}
          class="ig-tile"
          role="option"
          tabIndex={index === place ? 0 : -1}
          aria-selected={id === selected}
          aria-label={label}
          title={label}
          onClick={() => onSelect(id)}
          onDblClick={() => onOpen(id)}
        >
          {job !== null && <Waiting job={job} bench={bench} />}
          {piece !== null && <Made piece={piece} bench={bench} />}
        </div>
      ))}
    </div>
  );
}
