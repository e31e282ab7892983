/** Whether a view can be seen, and how large its pictures are. */
import { atEnd } from "./life";

export interface Viewing {
  /** On the screen, and the page in front. */
  visible: boolean;
  /** Width of one picture in CSS pixels; 0 while unknown. */
  width_px: number;
  pixel_ratio: number;
}

export interface ViewingOptions {
  el: HTMLElement;
  /** Selects the element whose width is told. */
  picture: string;
  life: AbortSignal;
}

const SETTLE_MS = 150;

/** Widths within a tenth of each other are one size: the kernel need not scale anew. */
export function differs(a: Viewing, b: Viewing): boolean {
  const wider = Math.abs(a.width_px - b.width_px) > Math.max(a.width_px, b.width_px) / 10;
  return a.visible !== b.visible || a.pixel_ratio !== b.pixel_ratio || wider;
}

/** Tell once now, at once when the view comes into sight, after other changes once they have settled, and at the end. */
export function watchViewing({ el, picture, life }: ViewingOptions, tell: (viewing: Viewing) => void): void {
  let onScreen = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): Viewing => ({
    visible: onScreen && !document.hidden,
    width_px: Math.round(el.querySelector(picture)?.getBoundingClientRect().width ?? 0),
    pixel_ratio: window.devicePixelRatio,
  });
  let told = look();
  tell(told);

  const compare = () => {
    const now = look();
    if (!differs(now, told)) return;
    told = now;
    tell(now);
  };
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(compare, SETTLE_MS);
  };
  const seen = new IntersectionObserver((entries) => {
    onScreen = entries.at(-1)?.isIntersecting ?? onScreen;
    if (onScreen && !told.visible) compare();
    else settle();
  });
  const sized = new ResizeObserver(settle);
  seen.observe(el);
  sized.observe(el);
  document.addEventListener("visibilitychange", settle, { signal: life });
  atEnd(life, () => {
    clearTimeout(timer);
    seen.disconnect();
    sized.disconnect();
    tell({ ...told, visible: false, width_px: 0 });
  });
}
