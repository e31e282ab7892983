/** A picture on the whole screen: fitted or larger, dragged about; arrow keys go to the next. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Piece } from "../../contract/studio";
import { css, FIT, keyed, STEP, type Transform, zoomed } from "../zoom/transform";
import { useZoom } from "../zoom/useZoom";
import type { Bench } from "./bench";
import { facts } from "./Facts";
import { Icon } from "./icons";
import "./Viewer.css";

interface ViewerProps {
  bench: Bench;
  piece: Piece;
  onGo: (steps: number) => void;
  onClose: () => void;
}

export function Viewer({ bench, piece, onGo, onClose }: ViewerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const look = useSignal<Transform>(FIT);
  const { pane, size } = useZoom({ transform: look, picture: () => piece, wheelAlone: true });
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture starts fitted.
  useEffect(() => {
    look.value = FIT;
  }, [piece.key]);
  const full = bench.pictureOf(piece.key, 0).value;
  const small = bench.pictureOf(piece.key, 160).value;
  const zoom = (factor: number) => {
    look.value = zoomed(look.value, factor);
  };
  const keys: Record<string, () => void> = {
    ArrowRight: () => onGo(1),
    ArrowLeft: () => onGo(-1),
    s: () => bench.act("star", piece.key),
  };
  const { width, height } = size.value;
  return (
    <dialog
      ref={dialog}
      class="ig-viewer"
      aria-label={piece.alt || "Picture"}
      onClose={onClose}
      onKeyDown={(event) => {
        event.stopPropagation(); // the notebook below has shortcuts of its own
        if (event.ctrlKey || event.metaKey) return;
        const to = keyed(event.key, look.value);
        const act = keys[event.key];
        if (to !== null) look.value = to;
        else if (act !== undefined) act();
        else return;
        event.preventDefault();
      }}
    >
      <div ref={pane} class={`ig-viewer__room${look.value.scale > 1 ? " ig-is-large" : ""}`}>
        {(full.url || small.url) && (
          <img
            class="ig-viewer__image"
            src={full.url || small.url}
            alt={piece.alt || "The picture"}
            draggable={false}
            style={{ width: `${width}px`, height: `${height}px`, transform: css(look.value) }}
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
        <button type="button" class="ig-button ig-verb" aria-label="Smaller" onClick={() => zoom(1 / STEP)}>
          <Icon name="minus" />
        </button>
        <button type="button" class="ig-button ig-verb" aria-label="Larger" onClick={() => zoom(STEP)}>
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
