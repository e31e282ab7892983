/**
 * A live view in the place of a plain picture. The kernel shows an ordinary JPEG, so that the notebook file holds a picture
 * and nothing else; a mark in its first bytes tells which. The view is put beside it, and the picture hidden meanwhile.
 */
import type { AnyModel, InitializeProps, RenderProps } from "@anywidget/types";
import type { ToKernel, ToPage } from "../contract/stand_in";
import { cellsOf, keeps, renew } from "./kept_output";
import { atEnd, beginLife } from "./life";

const PREFIX = "data:image/jpeg;base64,";

interface Standing {
  box: HTMLElement;
  el: HTMLElement;
  end: AbortController;
}

/** Everything that holds a picture with this mark: the picture's box, and what that box stands in. */
function* places(start: string): Generator<[box: HTMLElement, frame: HTMLElement]> {
  for (const image of document.getElementsByTagName("img")) {
    const box = image.parentElement;
    const frame = box?.parentElement;
    if (box && frame && image.getAttribute("src")?.startsWith(start)) yield [box, frame];
  }
}

/** Whether another picture is in the place of the one that a view stands for. */
const isTaken = (box: HTMLElement, start: string): boolean => {
  const image = box.querySelector("img");
  return image !== null && image.getAttribute("src")?.startsWith(start) !== true;
};

/** Mounts a view for every picture that has the mark, now and later, until the picture goes or the life ends. */
export function standIn(
  mark: string,
  life: AbortSignal,
  mount: (el: HTMLElement, life: AbortSignal) => void,
): void {
  if (mark === "" || life.aborted) return;
  const start = PREFIX + mark;
  const standing = new Map<HTMLElement, Standing>();
  const take = (box: HTMLElement, frame: HTMLElement) => {
    const el = document.createElement("div");
    const end = new AbortController();
    standing.set(frame, { box, el, end });
    atEnd(end.signal, () => {
      standing.delete(frame);
      box.style.removeProperty("display");
      el.remove();
    });
    box.style.setProperty("display", "none", "important");
    el.style.cssText = "flex: 1 1 0; min-width: 0";
    box.after(el);
    mount(el, end.signal);
  };
  const look = () => {
    for (const { box, el, end } of [...standing.values()]) {
      if (!el.isConnected || isTaken(box, start)) end.abort();
    }
    for (const [box, frame] of places(start)) if (!standing.has(frame)) take(box, frame);
  };
  const changes = new MutationObserver(look);
  changes.observe(document.body, { childList: true, subtree: true });
  atEnd(life, () => {
    changes.disconnect();
    for (const { end } of [...standing.values()]) end.abort();
  });
  look();
}

/** Where the page was loaded after the picture was made: tells the kernel so, and puts its later pictures into the file. */
function renewing(model: AnyModel<{ sheet_mark: string }>, life: AbortSignal): void {
  const mark = model.get("sheet_mark");
  const cells = cellsOf(model.widget_manager);
  if (mark === "" || cells === null || !keeps(cells, mark)) return;
  const hear = (message: ToPage | undefined) => {
    if (message?.kind === "sheet") renew(cells, mark, message.outputs);
  };
  model.on("msg:custom", hear);
  atEnd(life, () => model.off("msg:custom", hear));
  model.send({ kind: "opened" } satisfies ToKernel);
}

type Render<Traits extends Record<string, unknown>> = (props: RenderProps<Traits>) => () => void;

/** A widget whose views stand in for its pictures, and that is an ordinary widget wherever a host shows it as one. */
export function standingIn<Traits extends Record<string, unknown> & { sheet_mark: string }>(
  render: Render<Traits>,
) {
  const initialize = ({ model, signal: host }: InitializeProps<Traits>): (() => void) => {
    const life = beginLife(host);
    renewing(model as unknown as AnyModel<{ sheet_mark: string }>, life.signal);
    standIn(model.get("sheet_mark"), life.signal, (el, end) => {
      render({ model, el, signal: end } as RenderProps<Traits>);
    });
    return life.end;
  };
  return { initialize, render };
}
