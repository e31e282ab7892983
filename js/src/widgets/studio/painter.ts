/** The mask painter's code, from the kernel, once for a view. */
import type { Fetched, Paint } from "../../components/studio/bench";
import { atEnd } from "../../model/life";

/** Runs a module that came as text: as hosts run a widget's own. */
async function imported(code: string): Promise<{ paint: Paint }> {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ url)) as { paint: Paint };
  } finally {
    URL.revokeObjectURL(url);
  }
}

export interface PainterOptions {
  fetch: () => Promise<Fetched>;
  el: HTMLElement;
  life: AbortSignal;
}

/** Loads at the first call. Its styles stand beside the view, and go with it. */
export function painter({ fetch, el, life }: PainterOptions): () => Promise<Paint> {
  let loading: Promise<Paint> | null = null;
  const load = async (): Promise<Paint> => {
    const { text, blob, problem } = await fetch();
    if (!text) throw new Error(problem || "there is no painter");
    const style = document.createElement("style");
    style.textContent = (await blob?.text()) ?? "";
    if (!life.aborted) el.after(style);
    atEnd(life, () => style.remove());
    return (await imported(text)).paint;
  };
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = null; // the next try may find the kernel awake
      throw error;
    });
    return loading;
  };
}
