/** Marks what is to be repainted of a picture, at the picture's own size. */
import "../../theme/theme"; // first: the parts below build on it
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Bench } from "./Bench";
import { openPicture, type Picture } from "./picture";
import "./MaskPainter.css";

export interface MaskPainterProps {
  /** What the mask is for; up to about 4096 × 4096 pixels. */
  picture: Blob | ImageBitmap;
  /** A mask to go on with: light is marked; scaled where it has another size. */
  mask?: Blob | null;
  /** `mask`: a greyscale PNG of the picture's size, 255 = repaint. `coverage`: how much of it, 0 to 1. */
  onDone: (mask: Blob, facts: { coverage: number }) => void;
  onCancel: () => void;
}

const DAMAGED = "This picture cannot be shown: it is damaged or of an unknown kind.";

/** Undefined while it is being decoded, null where it cannot be. */
function usePicture(source: Blob | ImageBitmap): Picture | null | undefined {
  const [picture, setPicture] = useState<Picture | null>();
  useLayoutEffect(() => {
    const controller = new AbortController();
    const life = controller.signal;
    const ready = (opened: Picture | null) => {
      if (!life.aborted) setPicture(opened);
    };
    setPicture(undefined);
    openPicture(source, life).then(ready, () => ready(null));
    return () => controller.abort();
  }, [source]);
  return picture;
}

export function MaskPainter({ picture: source, mask = null, onDone, onCancel }: MaskPainterProps) {
  const picture = usePicture(source);
  const group = useRef<HTMLDivElement>(null);
  // What opened the painter has often gone with it: the keyboard goes on from here.
  useEffect(() => group.current?.focus({ preventScroll: true }), []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out freely in every browser.
    <div
      ref={group}
      role="group"
      class="ig-mask"
      aria-label="Mask painter"
      tabIndex={-1}
      data-lm-suppress-shortcuts="true" // single letters are tools here, whatever they are to the page around
    >
      {picture ? (
        <Bench picture={picture} mask={mask} onDone={onDone} onCancel={onCancel} />
      ) : (
        <div class="ig-mask__foot">
          <p role="status">{picture === null ? DAMAGED : "Opening the picture…"}</p>
          <button type="button" class="ig-button" onClick={onCancel}>
            Cancel
          </button>
        </div>
      )}
    </div>
  );
}
