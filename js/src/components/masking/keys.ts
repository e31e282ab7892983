/** The stage by keyboard: a crosshair that paints, and a key for each tool. */
import { nextSize, nextSoftness } from "./dials";
import type { Hands } from "./pointing";
import { bringIntoView, contain, type Point, zoomInMiddle } from "./view";

export interface KeyHands extends Hands {
  say: (text: string) => void;
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
const MARGIN_PX = 24;
export const ZOOM_STEP = 1.25;

export function keys({ stage, easel, painting, tip, free, carrying, say, life }: KeyHands): void {
  const { width, height, data } = painting.raster;
  let lowered = false;
  let last: Point = { x: Math.floor(width / 2) + 0.5, y: Math.floor(height / 2) + 0.5 };

  const place = (): Point => easel.hover.value ?? last;
  const aim = ({ x, y }: Point) => {
    last = { x, y };
    easel.hover.value = { x, y, by: "keys" };
  };
  const dot = () => ({ ...place(), radius: tip.value.size / 2 });
  const lower = () => {
    const aimed = easel.hover.value !== null;
    aim(place());
    if (lowered || !aimed || !free()) return;
    lowered = true;
    painting.begin(dot(), tip.value);
  };
  const lift = () => {
    if (lowered) painting.end();
    lowered = false;
  };
  const go = ({ x, y }: Point, fine: boolean) => {
    const by = fine ? 1 : Math.max(1, Math.round(tip.value.size / 4));
    const from = place();
    const to = {
      x: Math.min(width - 0.5, Math.max(0.5, from.x + x * by)),
      y: Math.min(height - 0.5, Math.max(0.5, from.y + y * by)),
    };
    aim(to);
    easel.look((view, ...sizes) => bringIntoView(view, to, MARGIN_PX, ...sizes));
    if (lowered) painting.move(dot());
  };
  const change = (part: Partial<typeof tip.value>) => {
    tip.value = { ...tip.value, ...part };
  };
  const whole = (act: () => void) => () => {
    lift();
    if (free()) act();
  };

  const commands: Readonly<Record<string, () => void>> = {
    b: () => change({ erase: false }),
    e: () => change({ erase: true }),
    "[": () => change({ size: nextSize(tip.value.size, -1) }),
    "]": () => change({ size: nextSize(tip.value.size, 1) }),
    "{": () => change({ softness: nextSoftness(tip.value.softness, -1) }),
    "}": () => change({ softness: nextSoftness(tip.value.softness, 1) }),
    "+": () => easel.look(zoomInMiddle(ZOOM_STEP)),
    "=": () => easel.look(zoomInMiddle(ZOOM_STEP)),
    "-": () => easel.look(zoomInMiddle(1 / ZOOM_STEP)),
    "0": () => easel.look((_, ...sizes) => contain(...sizes)),
    i: whole(painting.invert),
    enter: () => (lowered ? lift() : lower()),
    "mod+z": whole(painting.undo),
    "mod+shift+z": whole(painting.redo),
    "mod+y": whole(painting.redo),
  };
  const space = (repeat: boolean) => {
    if (easel.hover.value?.by === "pointer") carrying.value = true;
    else if (!repeat) lower();
  };
  const command = (event: KeyboardEvent): (() => void) | undefined => {
    const key = event.key.toLowerCase();
    const arrow = ARROWS[event.key];
    if (event.altKey) return undefined;
    if (event.ctrlKey || event.metaKey) return commands[`mod+${event.shiftKey ? "shift+" : ""}${key}`];
    if (arrow !== undefined) return () => go(arrow, event.shiftKey);
    return key === " " ? () => space(event.repeat) : commands[key];
  };
  const down = (event: KeyboardEvent) => {
    const act = command(event);
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // the page around has shortcuts of its own
    act();
  };
  const up = ({ key }: KeyboardEvent) => {
    if (key === " ") {
      carrying.value = false;
      lift();
    }
    if (key in ARROWS) {
      const { x, y } = place();
      const at = Math.floor(y) * width + Math.floor(x);
      say(`${Math.floor(x)}, ${Math.floor(y)}${(data[at] as number) > 127 ? ", marked" : ""}`);
    }
  };
  const focus = () => {
    if (stage.matches(":focus-visible") && easel.hover.value === null) aim(last);
  };
  const blur = () => {
    lift();
    carrying.value = false;
    if (easel.hover.value?.by === "keys") easel.hover.value = null;
  };
  const on = { signal: life };
  stage.addEventListener("keydown", down, on);
  stage.addEventListener("keyup", up, on);
  stage.addEventListener("focus", focus, on);
  stage.addEventListener("blur", blur, on);
}
