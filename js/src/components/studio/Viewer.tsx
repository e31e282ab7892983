/** A picture on the whole screen: fitted or larger, dragged about; arrow keys go to the next. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Piece } from "../../contract/studio";
import type { Bench } from "./bench";
import { facts } from "./Facts";
import { Icon } from "./icons";
import { beginning, dragged, type Look, zoomed } from "./zooming";
import "./Viewer.css";

interface ViewerProps {
  bench: Bench;
  piece: Piece;
  onGo: (steps: number) => void;
  onClose: () => void;
}

const ZOOM_STEP = 1.25;

export function Viewer({ bench, piece, onGo, onClose }: ViewerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const room = useRef<HTMLDivElement>(null);
  const look = useSignal<Look>(beginning);
  const held = useRef<{ x: number; y: number } | null>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture starts fitted.
  useEffect(() => {
    look.value = beginning;
  }, [piece.key]);
  const full = bench.pictureOf(piece.key, 0).value;
  const small = bench.pictureOf(piece.key, 160).value;
  const zoom = (factor: number, at?: { x: number; y: number }) => {
    look.value = zoomed(look.value, factor, at ?? { x: 0, y: 0 });
  };
  const whole = () => {
    look.value = beginning;
  };
  const fromCentre = ({ clientX, clientY }: MouseEvent) => {
    const box = room.current?.getBoundingClientRect();
    return box === undefined
      ? { x: 0, y: 0 }
      : { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
  };
  const keys: Record<string, () => void> = {
    ArrowRight: () => onGo(1),
    ArrowLeft: () => onGo(-1),
    "+": () => zoom(ZOOM_STEP),
    "=": () => zoom(ZOOM_STEP),
    "-": () => zoom(1 / ZOOM_STEP),
    "0": whole,
    s: () => bench.act("star", piece.key),
  };
  const { scale, x, y } = look.value;
  return (
    <dialog
      ref={dialog}
      class="ig-viewer"
      aria-label={piece.alt || "Picture"}
      onClose={onClose}
      onKeyDown={(event) => {
        event.stopPropagation(); // the notebook below has shortcuts of its own
        const act = event.ctrlKey || event.metaKey ? undefined : keys[event.key];
        if (act === undefined) return;
        event.preventDefault();
        act();
      }}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same can be done by the buttons and keys below. */}
      <div
        ref={room}
        class={`ig-viewer__room${scale > 1 ? " ig-is-large" : ""}`}
        onWheel={(event) => {
          event.preventDefault();
          zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, fromCentre(event));
        }}
        onDblClick={(event) => (scale > 1 ? whole() : zoom(3, fromCentre(event)))}
        onPointerDown={(event) => {
          held.current = { x: event.clientX, y: event.clientY };
          event.currentTarget.setPointerCapture?.(event.pointerId);
        }}
        onPointerMove={({ clientX, clientY }) => {
          if (held.current === null || look.value.scale <= 1) return;
          look.value = dragged(look.value, clientX - held.current.x, clientY - held.current.y);
          held.current = { x: clientX, y: clientY };
        }}
        onPointerUp={() => {
          held.current = null;
        }}
      >
        {(full.url || small.url) && (
          <img
            class="ig-viewer__image"
            src={full.url || small.url}
            alt={piece.alt || "The picture"}
            draggable={false}
            style={{ transform: `translate(${x}px, ${y}px) scale(${scale})` }}
          />
        )}
        {full.problem && <p class="ig-viewer__problem">{full.problem}</p>}
      </div>
      <div class="ig-viewer__bar">
        <button type="button" class="ig-button ig-verb" aria-label="Newer picture" onClick={() => onGo(-1)}>
          <Icon name="previous" />
        </button>
        <button type="button" class="ig-button ig-verb" aria-label="Older picture" onClick={() => onGo(1)}>
          <Icon name="next" />
        </button>
        <button
          type="button"
          class="ig-button ig-verb"
          aria-label="Smaller"
          onClick={() => zoom(1 / ZOOM_STEP)}
        >
          <Icon name="minus" />
        </button>
        <button type="button" class="ig-button ig-verb" aria-label="Larger" onClick={() => zoom(ZOOM_STEP)}>
          <Icon name="plus" />
        </button>
        <p class="ig-viewer__facts">{facts(piece)}</p>
        <button
          type="button"
          class="ig-button ig-verb"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="cross" />
        </button>
      </div>
    </dialog>
  );
}
