/** The mask painter over the page, with the picture that the mask is for. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Bench } from "./bench";
import "./MaskDialog.css";

interface MaskDialogProps {
  bench: Bench;
  /** Keys of the picture, and of a mask to go on with ("" for none). */
  picture: string;
  mask: string;
  onDone: (mask: Blob) => void;
  onClose: () => void;
}

export function MaskDialog({ bench, picture, mask, onDone, onClose }: MaskDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const room = useRef<HTMLDivElement>(null);
  const problem = useSignal("");
  const source = bench.pictureOf(picture, 0).value;
  const start = mask ? bench.pictureOf(mask, 0).value : null;
  const waiting = source.blob === null || (start !== null && start.blob === null && start.problem === "");
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the painter is begun once, with what there is then.
  useEffect(() => {
    if (waiting) return undefined;
    let end = () => {};
    let gone = false;
    const begin = async () => {
      const paint = await bench.painter();
      if (gone || room.current === null || source.blob === null) return;
      const done = (made: Blob) => {
        onDone(made);
        onClose();
      };
      const painting = { picture: source.blob, mask: start?.blob ?? null, onDone: done, onCancel: onClose };
      end = paint(room.current, painting);
    };
    begin().catch((error: unknown) => {
      problem.value = String(error);
    });
    return () => {
      gone = true;
      end();
    };
  }, [waiting]);
  const told = source.problem || problem.value;
  return (
    <dialog ref={dialog} class="ig-paint" aria-label="Paint a mask" onClose={onClose} onKeyDown={stay}>
      <div ref={room} class="ig-root ig-painter-root" />
      {told && <p role="alert">{told}</p>}
    </dialog>
  );
}

/** Keys in here are nobody else's. */
const stay = (event: KeyboardEvent): void => event.stopPropagation();
