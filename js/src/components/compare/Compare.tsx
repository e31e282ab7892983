/** Pictures against each other, in the way that is chosen, and what set their calls apart. */
import "../../theme/theme"; // first: the parts below build on it
import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { Compared, Mode, Parameter, Run } from "../../contract/compare";
import { Gone } from "../Gone";
import { Icon } from "../icons";
import { FIT, keyed, STEP, type Transform, zoomed } from "../zoom/transform";
import { Difference } from "./Difference";
import { Facts } from "./Facts";
import { Flicker } from "./Flicker";
import { SideBySide, type Spot } from "./SideBySide";
import { Slider } from "./Slider";
import type { Pixels } from "./views";
import "./Compare.css";

export interface CompareProps {
  pictures: ReadonlySignal<readonly Compared[]>;
  mode: ReadonlySignal<Mode>;
  parameters: ReadonlySignal<readonly Parameter[]>;
  prompts: ReadonlySignal<readonly (readonly Run[])[]>;
  pixels: Pixels;
  /** Whether the kernel has gone that has the pictures. */
  gone: ReadonlySignal<boolean>;
}

const MODES: Record<Mode, string> = {
  slider: "Slider",
  side: "Side by side",
  flicker: "Flicker",
  difference: "Difference",
};

/** One press of an arrow key moves the loupe so far, in parts of the picture. */
const LOUPE_STEP = 0.02;

function Modes({ mode }: { mode: Signal<Mode> }) {
  return (
    <fieldset class="ig-compare-modes">
      <legend class="ig-unseen">How to compare</legend>
      {Object.entries(MODES).map(([value, text]) => (
        <button
          key={value}
          type="button"
          class="ig-button ig-compare-mode"
          aria-pressed={mode.value === value}
          onClick={() => {
            mode.value = value as Mode;
          }}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}

function Pick({
  label,
  pictures,
  value,
  onPick,
}: {
  label: string;
  pictures: readonly Compared[];
  value: number;
  onPick: (to: number) => void;
}) {
  return (
    <label class="ig-compare-field">
      <span class="ig-unseen">{label}</span>
      <select
        class="ig-compare-select"
        value={value}
        onChange={(event) => onPick(Number(event.currentTarget.value))}
      >
        {pictures.map((one, index) => (
          <option key={one.label} value={index}>
            {one.label}
          </option>
        ))}
      </select>
    </label>
  );
}

function ZoomTools({ transform }: { transform: Signal<Transform> }) {
  const by = (factor: number) => () => {
    transform.value = zoomed(transform.value, factor);
  };
  return (
    <div class="ig-compare-zoom">
      <button
        type="button"
        class="ig-button ig-compare-zoom__one"
        aria-label="Zoom out"
        title="Zoom out (−)"
        onClick={by(1 / STEP)}
      >
        <Icon name="minus" />
      </button>
      <button
        type="button"
        class="ig-button ig-compare-zoom__fit"
        aria-label="Fit"
        title="Fit (0)"
        onClick={() => {
          transform.value = FIT;
        }}
      >
        {transform.value.scale === 1 ? "Fit" : `${Math.round(transform.value.scale * 100)} %`}
      </button>
      <button
        type="button"
        class="ig-button ig-compare-zoom__one"
        aria-label="Zoom in"
        title="Zoom in (+), or Ctrl and wheel"
        onClick={by(STEP)}
      >
        <Icon name="plus" />
      </button>
    </div>
  );
}

function Switch({ on, text }: { on: Signal<boolean>; text: string }) {
  return (
    <button
      type="button"
      class="ig-button ig-compare-mode"
      aria-pressed={on.value}
      onClick={() => {
        on.value = !on.value;
      }}
    >
      {text}
    </button>
  );
}

const within = (value: number): number => Math.max(0, Math.min(1, value));

/** Where an arrow key moves the loupe; null for other keys. */
function loupeAt(key: string, from: Spot): Spot {
  const { u, v } = from ?? { u: 0.5, v: 0.5 };
  const steps: Record<string, [number, number]> = {
    ArrowLeft: [-LOUPE_STEP, 0],
    ArrowRight: [LOUPE_STEP, 0],
    ArrowUp: [0, -LOUPE_STEP],
    ArrowDown: [0, LOUPE_STEP],
  };
  const step = steps[key];
  return step === undefined ? null : { u: within(u + step[0]), v: within(v + step[1]) };
}

export function Compare({ pictures, mode: asked, parameters, prompts, pixels, gone }: CompareProps) {
  const mode = useSignal(asked.value);
  const pair = useSignal<readonly [number, number]>([0, 1]);
  const transform = useSignal<Transform>(FIT);
  const upright = useSignal(false);
  const loupe = useSignal(false);
  const spot = useSignal<Spot>(null);
  useSignalEffect(() => {
    mode.value = asked.value;
  });
  const list = pictures.value;
  const way = { pictures: list, pair: pair.value, transform, pixels };
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    const at = loupe.value && mode.value === "side" ? loupeAt(event.key, spot.value) : null;
    const to = at === null ? keyed(event.key, transform.value) : null;
    if (at !== null) spot.value = at;
    else if (to !== null) transform.value = to;
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const first = list[pair.value[0]];
  const ratio = first !== undefined && first.width > 0 ? first.width / first.height : 1;
  const key = `${mode.value} ${pair.value.join()}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section would be one landmark per cell.
    <div class="ig-compare" role="group" aria-label="Comparison" style={{ "--ig-ratio": String(ratio) }}>
      <div class="ig-compare-bar">
        <Modes mode={mode} />
        {list.length > 2 && mode.value !== "side" && (
          <>
            <Pick
              label="First picture"
              pictures={list}
              value={pair.value[0]}
              onPick={(to) => {
                pair.value = [to, pair.value[1]];
              }}
            />
            <Pick
              label="Second picture"
              pictures={list}
              value={pair.value[1]}
              onPick={(to) => {
                pair.value = [pair.value[0], to];
              }}
            />
          </>
        )}
        {mode.value === "slider" && <Switch on={upright} text="Up and down" />}
        {mode.value === "side" && <Switch on={loupe} text="Loupe" />}
        <ZoomTools transform={transform} />
      </div>
      {gone.value && <Gone>What is here stays; for sharper or missing pictures, run this cell again.</Gone>}
      {/* biome-ignore lint/a11y/useSemanticElements: no fieldset is meant. */}
      <div
        class="ig-compare__stage"
        role="group"
        aria-label={`${MODES[mode.value]}: plus and minus zoom, arrow keys shift`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys that zoom and shift are heard here.
        tabIndex={0}
        onKeyDown={pressed}
      >
        {mode.value === "slider" && <Slider key={key} {...way} upright={upright} />}
        {mode.value === "side" && <SideBySide key={key} {...way} loupe={loupe} spot={spot} />}
        {mode.value === "flicker" && <Flicker key={key} {...way} />}
        {mode.value === "difference" && <Difference key={key} {...way} />}
      </div>
      <Facts pictures={list} parameters={parameters.value} prompts={prompts.value} />
    </div>
  );
}
