import { useState } from "preact/hooks";
import { type Offer, offerOfTransfer, refusalInTheAir } from "./picking";

/** What hangs over a control in a drag, and what to say of it. */
export interface Hint {
  state: "ig-is-taking" | "ig-is-refusing";
  words: string;
}

const TAKING: Hint = { state: "ig-is-taking", words: "Drop it here" };

/** Whether a paste goes into the address field and is nobody else's business. */
const isTyping = ({ target, clipboardData }: ClipboardEvent): boolean =>
  target instanceof HTMLInputElement && target.type === "url" && clipboardData?.files.length === 0;

/** Listeners that take what is pasted or dropped, and what hangs over the control just now. */
export function useTransfer(accept: string, take: (offer: Offer) => void) {
  const [hint, setHint] = useState<Hint | null>(null);
  const over = (event: DragEvent) => {
    if (event.dataTransfer === null) return;
    event.preventDefault();
    const reason = refusalInTheAir(event.dataTransfer, accept);
    event.dataTransfer.dropEffect = reason ? "none" : "copy";
    setHint(reason ? { state: "ig-is-refusing", words: reason } : TAKING);
  };
  const on = {
    onPaste: (event: ClipboardEvent) => {
      if (event.clipboardData === null || isTyping(event)) return;
      event.preventDefault();
      take(offerOfTransfer(event.clipboardData, accept));
    },
    onDragEnter: over,
    onDragOver: over,
    onDragLeave: ({ currentTarget, relatedTarget }: DragEvent) => {
      if (!(currentTarget as Node).contains(relatedTarget as Node | null)) setHint(null);
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setHint(null);
      if (event.dataTransfer !== null) take(offerOfTransfer(event.dataTransfer, accept));
    },
  };
  return { hint, on };
}
