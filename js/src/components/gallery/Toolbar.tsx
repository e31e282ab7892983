/** Search, filters and order above the grid, and how many pictures that leaves. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import type { Caption } from "../../contract/gallery";
import { Icon } from "../icons";
import { SORTS, type Sort, type Wish } from "./order";
import { CAPTIONS } from "./words";

export interface ToolbarProps {
  wish: Signal<Wish>;
  models: ReadonlySignal<readonly string[]>;
  captions: Signal<readonly Caption[]>;
  /** "24 of 5,000 pictures, 3 selected" */
  state: ReadonlySignal<string>;
}

function Choice(props: {
  label: string;
  value: string;
  options: [string, string][];
  onPick: (to: string) => void;
}) {
  return (
    <label class="ig-gallery-field">
      <span class="ig-unseen">{props.label}</span>
      <select
        class="ig-gallery-select"
        value={props.value}
        title={props.label}
        onChange={(event) => props.onPick(event.currentTarget.value)}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function CaptionMenu({ captions }: { captions: Signal<readonly Caption[]> }) {
  const toggle = (name: Caption) => () => {
    const next = captions.value.includes(name)
      ? captions.value.filter((one) => one !== name)
      : CAPTIONS.filter((one) => one === name || captions.value.includes(one));
    captions.value = next;
  };
  const close = (event: TargetedKeyboardEvent<HTMLDetailsElement>) => {
    if (event.key !== "Escape" || !event.currentTarget.open) return;
    event.currentTarget.open = false;
    event.currentTarget.querySelector("summary")?.focus();
  };
  return (
    <details class="ig-gallery-menu" onKeyDown={close}>
      <summary class="ig-gallery-menu__summary">Captions</summary>
      <fieldset class="ig-gallery-menu__list">
        <legend class="ig-unseen">Captions under each picture</legend>
        {CAPTIONS.map((name) => (
          <label key={name} class="ig-gallery-menu__one">
            <input
              type="checkbox"
              class="ig-gallery-check"
              checked={captions.value.includes(name)}
              onChange={toggle(name)}
            />
            {name}
          </label>
        ))}
      </fieldset>
    </details>
  );
}

export function Toolbar({ wish, models, captions, state }: ToolbarProps) {
  const now = wish.value;
  const set = (part: Partial<Wish>) => {
    wish.value = { ...wish.value, ...part };
  };
  return (
    <div class="ig-gallery-bar">
      <label class="ig-gallery-field ig-gallery-field--search">
        <span class="ig-unseen">Search prompt, model and seed</span>
        <input
          type="search"
          class="ig-gallery-input"
          placeholder="Search"
          maxLength={200}
          value={now.text}
          onInput={(event) => set({ text: event.currentTarget.value })}
        />
      </label>
      {models.value.length > 1 && (
        <Choice
          label="Model"
          value={now.model}
          options={[["", "All models"], ...models.value.map((one): [string, string] => [one, one])]}
          onPick={(model) => set({ model })}
        />
      )}
      <Choice
        label="Order"
        value={now.sort}
        options={Object.entries(SORTS)}
        onPick={(sort) => set({ sort: sort as Sort })}
      />
      <button
        type="button"
        class="ig-button ig-gallery-toggle"
        aria-pressed={now.starred}
        onClick={() => set({ starred: !now.starred })}
      >
        <Icon name="star" />
        Starred
      </button>
      <CaptionMenu captions={captions} />
      <p class="ig-gallery-bar__state" role="status">
        {state.value}
      </p>
    </div>
  );
}
