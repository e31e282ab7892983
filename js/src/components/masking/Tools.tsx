/** The controls around the stage. */
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useUniqueId } from "../unique_id";
import type { Tip } from "./brush";
import { placeOf, share, sizeAt } from "./dials";
import { Glyph, type GlyphName } from "./Glyph";
import type { Marks } from "./painting";

interface ToolProps {
  name: string;
  keys?: string;
  glyph: GlyphName;
  /** For tools that stay on: whether this one is. */
  on?: boolean;
  off?: boolean;
  onClick: () => void;
}

export const Tool = ({ name, keys, glyph, on, off = false, onClick }: ToolProps) => (
  <button
    type="button"
    class="ig-button ig-tool"
    aria-label={name}
    aria-pressed={on}
    aria-disabled={off}
    title={keys ? `${name} (${keys})` : name}
    onClick={off ? undefined : onClick}
  >
    <Glyph name={glyph} />
  </button>
);

export const Group = ({ name, children }: { name: string; children: ComponentChildren }) => (
  // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out freely in every browser.
  <div role="group" class="ig-tools" aria-label={name}>
    {children}
  </div>
);

interface DialProps {
  label: string;
  /** 0 to 1 */
  place: number;
  text: string;
  onPlace: (place: number) => void;
}

const PLACES = 1000;

function Dial({ label, place, text, onPlace }: DialProps) {
  const id = useUniqueId();
  return (
    <div class="ig-dial">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min="0"
        max={PLACES}
        value={Math.round(PLACES * place)}
        step={PLACES / 100}
        aria-valuetext={text}
        onInput={({ currentTarget }) => onPlace(currentTarget.valueAsNumber / PLACES)}
      />
      <span aria-hidden="true">{text}</span>
    </div>
  );
}

export interface Look {
  colour: Signal<string>;
  /** 0 to 1 */
  opacity: Signal<number>;
}

export function Dials({ tip, look: { colour, opacity } }: { tip: Signal<Tip>; look: Look }) {
  const change = (part: Partial<Tip>) => {
    tip.value = { ...tip.value, ...part };
  };
  const { size, softness } = tip.value;
  return (
    <div class="ig-dials">
      <Dial
        label="Size"
        place={placeOf(size)}
        text={`${size} px`}
        onPlace={(place) => change({ size: sizeAt(place) })}
      />
      <Dial
        label="Softness"
        place={softness}
        text={share(softness)}
        onPlace={(place) => change({ softness: place })}
      />
      <Dial
        label="Overlay"
        place={opacity.value}
        text={share(opacity.value)}
        onPlace={(place) => {
          opacity.value = place;
        }}
      />
      <label class="ig-dial__colour" title="Colour of the overlay">
        <span class="ig-unseen">Colour of the overlay</span>
        <input
          type="color"
          value={colour.value}
          onInput={({ currentTarget }) => {
            colour.value = currentTarget.value;
          }}
        />
      </label>
    </div>
  );
}

/** What can be done to a mask as a whole. */
export interface Acts {
  undo: () => void;
  redo: () => void;
  invert: () => void;
  fill: () => void;
  clear: () => void;
  feather: () => void;
  open: (file: Blob) => void;
  save: () => void;
}

interface ToolbarProps {
  tip: Signal<Tip>;
  marks: Marks;
  busy: boolean;
  featherBy: Signal<number>;
  acts: Acts;
}

export function Toolbar({ tip, marks: { canUndo, canRedo, coverage }, busy, featherBy, acts }: ToolbarProps) {
  const use = (erase: boolean) => () => {
    tip.value = { ...tip.value, erase };
  };
  const bare = busy || coverage === 0;
  return (
    <>
      <Group name="Tool">
        <Tool name="Brush" keys="B" glyph="brush" on={!tip.value.erase} onClick={use(false)} />
        <Tool name="Eraser" keys="E" glyph="eraser" on={tip.value.erase} onClick={use(true)} />
      </Group>
      <Group name="Steps">
        <Tool name="Undo" keys="Ctrl+Z" glyph="undo" off={busy || !canUndo} onClick={acts.undo} />
        <Tool name="Redo" keys="Ctrl+Shift+Z" glyph="redo" off={busy || !canRedo} onClick={acts.redo} />
      </Group>
      <Group name="Whole mask">
        <Tool name="Invert" keys="I" glyph="invert" off={busy} onClick={acts.invert} />
        <Tool name="Mark all" glyph="fill" off={busy || coverage === 1} onClick={acts.fill} />
        <Tool name="Clear" glyph="clear" off={bare} onClick={acts.clear} />
      </Group>
      <Group name="Feather">
        <button
          type="button"
          class="ig-button ig-tool"
          aria-disabled={bare}
          title="Soften the edges of the mask"
          onClick={bare ? undefined : acts.feather}
        >
          Feather
        </button>
        <input
          class="ig-tools__number"
          type="number"
          min="1"
          max="200"
          aria-label="Feather by, pixels"
          value={featherBy.value}
          onChange={({ currentTarget }) => {
            featherBy.value = Math.min(200, Math.max(1, Math.round(currentTarget.valueAsNumber) || 1));
            currentTarget.value = String(featherBy.value);
          }}
        />
        px
      </Group>
      <Group name="File">
        <label class={`ig-button ig-tool${busy ? " ig-is-off" : ""}`} title="Open a mask">
          <input
            class="ig-unseen"
            type="file"
            accept="image/*"
            aria-label="Open a mask"
            disabled={busy}
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file !== undefined) acts.open(file);
              currentTarget.value = "";
            }}
          />
          <Glyph name="open" />
        </label>
        <Tool name="Save the mask as a file" glyph="save" off={busy} onClick={acts.save} />
      </Group>
    </>
  );
}
