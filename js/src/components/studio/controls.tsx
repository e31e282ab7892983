/** One control for each look that the kernel gives a parameter. */
import { useState } from "preact/hooks";
import type { Control, Json } from "../../contract/studio";
import { type ControlProps, Field, type Wiring } from "./Field";
import { Icon } from "./icons";
import { MediaField } from "./MediaField";
import { NumberBox } from "./NumberBox";
import { asText, current, same } from "./values";

function LineField(props: ControlProps) {
  const { control, bench } = props;
  return (
    <Field {...props}>
      {(wiring) => (
        <input
          {...wiring}
          class="ig-input"
          type="text"
          autocomplete="off"
          maxLength={control.max_length ?? undefined}
          value={asText(current(control, bench.values.value))}
          onInput={({ currentTarget }) => bench.change({ [control.name]: currentTarget.value }, true)}
        />
      )}
    </Field>
  );
}

function AreaField(props: ControlProps) {
  const { control, bench } = props;
  return (
    <Field {...props}>
      {(wiring) => (
        <textarea
          {...wiring}
          class="ig-input ig-area"
          rows={2}
          value={asText(current(control, bench.values.value))}
          onInput={({ currentTarget }) => bench.change({ [control.name]: currentTarget.value }, true)}
        />
      )}
    </Field>
  );
}

function SliderField(props: ControlProps) {
  const { control, bench } = props;
  const value = bench.values.value[control.name];
  const at = Number(current(control, bench.values.value) ?? control.minimum);
  const low = control.minimum ?? 0;
  const high = control.maximum ?? 1;
  const part = Math.min(1, Math.max(0, (at - low) / (high - low || 1)));
  return (
    <Field {...props} shape="slider">
      {(wiring) => (
        <>
          <NumberBox
            {...wiring}
            control={control}
            value={value}
            onChange={(to, typing) => bench.change({ [control.name]: to }, typing)}
          />
          <input
            class="ig-range"
            type="range"
            aria-label={control.title}
            min={low}
            max={high}
            step={control.step ?? "any"}
            value={Number.isFinite(at) ? at : low}
            style={{ "--ig-part": String(Number.isFinite(part) ? part : 0) }}
            onInput={({ currentTarget }) =>
              bench.change({ [control.name]: Number(currentTarget.value) }, true)
            }
          />
        </>
      )}
    </Field>
  );
}

function NumberField(props: ControlProps) {
  const { control, bench } = props;
  return (
    <Field {...props} shape="inline">
      {(wiring) => (
        <NumberBox
          {...wiring}
          control={control}
          value={bench.values.value[control.name]}
          placeholder={control.default === null ? "auto" : ""}
          onChange={(to, typing) => bench.change({ [control.name]: to }, typing)}
        />
      )}
    </Field>
  );
}

function ChoiceField(props: ControlProps) {
  const { control, bench } = props;
  const value = current(control, bench.values.value);
  const place = control.choices.findIndex((choice) => same(choice, value));
  return (
    <Field {...props} shape="inline">
      {(wiring) => (
        <select
          {...wiring}
          class="ig-input ig-select"
          value={String(place)}
          onChange={({ currentTarget }) => {
            const chosen = control.choices[Number(currentTarget.value)];
            bench.change({ [control.name]: chosen ?? null });
          }}
        >
          {place < 0 && <option value="-1">{asText(value) || "auto"}</option>}
          {control.choices.map((choice, index) => (
            <option key={asText(choice)} value={String(index)}>
              {asText(choice) || "none"}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function SwitchField(props: ControlProps) {
  const { control, bench } = props;
  const on = current(control, bench.values.value) === true;
  return (
    <Field {...props} shape="inline">
      {(wiring) => (
        <input
          {...wiring}
          class="ig-switch"
          type="checkbox"
          role="switch"
          aria-checked={on}
          checked={on}
          onChange={({ currentTarget }) => bench.change({ [control.name]: currentTarget.checked })}
        />
      )}
    </Field>
  );
}

/** Text as JSON where it is JSON, else as it stands: the kernel says what is wrong with it. */
export function typedJson(text: string): Json {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

const shownJson = (value: Json): string => (typeof value === "string" ? value : asText(value));

interface JsonBoxProps extends Partial<Wiring> {
  value: Json;
  rows: number;
  placeholder: string;
  label?: string;
  onChange: (value: Json, typing: boolean) => void;
}

/** JSON as text; what is not JSON yet stays as it is written. */
function JsonBox({ value, rows, placeholder, label, onChange, ...wiring }: JsonBoxProps) {
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <textarea
      {...wiring}
      class="ig-input ig-area ig-is-code"
      rows={rows}
      spellcheck={false}
      aria-label={label}
      placeholder={placeholder}
      value={draft !== null && same(typedJson(draft), value) ? draft : shownJson(value)}
      onInput={({ currentTarget }) => {
        setDraft(currentTarget.value);
        onChange(typedJson(currentTarget.value), true);
      }}
    />
  );
}

function JsonField(props: ControlProps) {
  const { control, bench } = props;
  return (
    <Field {...props}>
      {(wiring) => (
        <JsonBox
          {...wiring}
          rows={2}
          placeholder={control.kind === "list" ? "[ … ]" : control.kind === "object" ? "{ … }" : ""}
          value={current(control, bench.values.value)}
          onChange={(to, typing) => bench.change({ [control.name]: to }, typing)}
        />
      )}
    </Field>
  );
}

function ItemBox({ item, value, label, onChange }: ItemProps) {
  if (item.choices.length > 0) {
    return (
      <select
        class="ig-input ig-select"
        aria-label={label}
        value={asText(value)}
        onChange={({ currentTarget }) => onChange(currentTarget.value, false)}
      >
        {item.choices.map((choice) => (
          <option key={asText(choice)}>{asText(choice)}</option>
        ))}
      </select>
    );
  }
  if (item.kind === "object") {
    return <JsonBox value={value} rows={1} placeholder="{ … }" label={label} onChange={onChange} />;
  }
  if (item.kind === "integer" || item.kind === "number") {
    return <NumberBox control={item} value={value} label={label} onChange={onChange} />;
  }
  return (
    <input
      class="ig-input"
      type="text"
      autocomplete="off"
      aria-label={label}
      value={asText(value)}
      onInput={({ currentTarget }) => onChange(currentTarget.value, true)}
    />
  );
}

interface ItemProps {
  item: Control;
  value: Json;
  label: string;
  onChange: (value: Json, typing: boolean) => void;
}

/** What a new entry of a list begins as, where there is no entry to begin from. */
const EMPTY: Record<string, Json> = { text: "", object: {}, boolean: false };

function ListField(props: ControlProps) {
  const { control, bench } = props;
  const value = current(control, bench.values.value);
  const list = Array.isArray(value) ? value : [];
  const put = (to: Json[], typing = false) =>
    bench.change({ [control.name]: to.length > 0 ? to : null }, typing);
  const item = control.item;
  if (item === null) return <JsonField {...props} />;
  const first = list.at(-1) ?? item.choices[0] ?? EMPTY[item.kind] ?? item.minimum ?? 0;
  return (
    <Field {...props} group>
      {() => (
        <div class="ig-list">
          {list.map((entry, index) => (
            <div class="ig-list__row" key={index}>
              <ItemBox
                item={item}
                value={entry}
                label={`${control.title} ${index + 1}`}
                onChange={(to, typing) => put(list.with(index, to ?? ""), typing)}
              />
              <button
                type="button"
                class="ig-button ig-tiny"
                aria-label={`Remove ${control.title} ${index + 1}`}
                onClick={() => put(list.filter((_, other) => other !== index))}
              >
                <Icon name="cross" />
              </button>
            </div>
          ))}
          <button type="button" class="ig-button ig-small" onClick={() => put([...list, first])}>
            <Icon name="plus" /> Add
          </button>
        </div>
      )}
    </Field>
  );
}

const LOOKS = {
  area: AreaField,
  line: LineField,
  slider: SliderField,
  number: NumberField,
  choice: ChoiceField,
  switch: SwitchField,
  media: MediaField,
  list: ListField,
  json: JsonField,
} as const;

/** The control of one parameter. */
export function AnyControl(props: ControlProps) {
  const { control } = props;
  const itemIsMedium = control.item?.look === "media";
  const Look = control.look === "list" && itemIsMedium ? MediaField : LOOKS[control.look];
  return <Look {...props} />;
}
