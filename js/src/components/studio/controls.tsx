/** One control for each look that the kernel gives a parameter; those that hold others. */
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Control, Json } from "../../contract/studio";
import { type ControlProps, Field } from "./Field";
import { Icon } from "./icons";
import { JsonBox, JsonField } from "./JsonField";
import { MediaField } from "./MediaField";
import { NumberBox } from "./NumberBox";
import { AreaField, ChoiceField, LineField, NumberField, SliderField, SwitchField } from "./plain_fields";
import { asText, current, isObject } from "./values";
import { within } from "./within";

interface ItemProps {
  item: Control;
  value: Json;
  label: string;
  wrong: boolean;
  onChange: (value: Json, typing: boolean) => void;
}

function ItemBox({ item, value, label, wrong, onChange }: ItemProps) {
  if (item.choices.length > 0) {
    return (
      <select
        class="ig-input ig-select"
        aria-label={label}
        aria-invalid={wrong}
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
    return (
      <JsonBox
        value={value}
        rows={1}
        placeholder="{ … }"
        label={label}
        aria-invalid={wrong}
        onChange={onChange}
      />
    );
  }
  if (item.kind === "integer" || item.kind === "number") {
    return <NumberBox control={item} value={value} label={label} aria-invalid={wrong} onChange={onChange} />;
  }
  return (
    <input
      class="ig-input"
      type="text"
      autocomplete="off"
      aria-label={label}
      aria-invalid={wrong}
      value={asText(value)}
      onInput={({ currentTarget }) => onChange(currentTarget.value, true)}
    />
  );
}

/** The fields of one object, each with a control of its own: of `control`, or of the entry at `index` of its list. */
function Fields({ control, bench, attempted, index }: ControlProps & { index: number | null }) {
  const inner = useMemo(() => within(bench, control, index), [bench, control, index]);
  const fields = (index === null ? control : control.item)?.fields ?? [];
  return (
    <div class="ig-form">
      {fields.map((field) => (
        <AnyControl key={field.name} control={field} bench={inner} attempted={attempted} />
      ))}
    </div>
  );
}

function ObjectField(props: ControlProps) {
  return (
    <Field {...props} group>
      {() => (
        <div class="ig-object">
          <Fields {...props} index={null} />
        </div>
      )}
    </Field>
  );
}

/** What a new entry of a list begins as, where there is no entry to begin from. */
const EMPTY: Record<string, Json> = { text: "", object: {}, boolean: false };

/** A copy of the last entry is a good start, but for an object of several fields: what it is about is another. */
function freshEntry(item: Control, last: Json | undefined): Json {
  if (item.look === "object") return {};
  return last ?? item.choices[0] ?? EMPTY[item.kind] ?? item.minimum ?? 0;
}

interface RowProps extends ControlProps {
  item: Control;
  entry: Json;
  index: number;
  onChange: (value: Json, typing: boolean) => void;
  onRemove: () => void;
}

function Row({ item, entry, index, onChange, onRemove, ...props }: RowProps) {
  const { control, bench } = props;
  const title = `${control.title} ${index + 1}`;
  const problem = bench.problems.value[`${control.name}[${index}]`] ?? "";
  const isForm = item.look === "object" && isObject(entry);
  const naming = isForm ? ({ role: "group", "aria-label": title, class: "ig-object" } as const) : {};
  const remove = (
    <button type="button" class="ig-button ig-tiny" aria-label={`Remove ${title}`} onClick={onRemove}>
      <Icon name="cross" />
    </button>
  );
  return (
    <div {...naming}>
      <div class="ig-list__row">
        {isForm ? (
          <span class="ig-list__title" aria-hidden="true">
            {title}
          </span>
        ) : (
          <ItemBox item={item} value={entry} label={title} wrong={problem !== ""} onChange={onChange} />
        )}
        {remove}
      </div>
      {isForm && <Fields {...props} index={index} />}
      {problem && <p class="ig-field__problem">{problem}</p>}
    </div>
  );
}

function ListField(props: ControlProps) {
  const { control, bench } = props;
  const rows = useRef<HTMLDivElement>(null);
  const wanted = useRef("");
  const value = current(control, bench.values.value);
  const list = Array.isArray(value) ? value : [];
  // biome-ignore lint/correctness/useExhaustiveDependencies: the keyboard goes on where a row came or went.
  useLayoutEffect(() => {
    if (wanted.current) rows.current?.querySelector<HTMLElement>(wanted.current)?.focus();
    wanted.current = "";
  }, [list.length]);
  const put = (to: Json[], typing = false) =>
    bench.change({ [control.name]: to.length > 0 || control.default !== null ? to : null }, typing);
  const item = control.item;
  if (item === null) return <JsonField {...props} />;
  return (
    <Field {...props} group>
      {() => (
        <div class="ig-list" ref={rows}>
          {list.map((entry, index) => (
            <Row
              key={index}
              {...props}
              item={item}
              entry={entry}
              index={index}
              onChange={(to, typing) => put(list.with(index, to ?? ""), typing)}
              onRemove={() => {
                wanted.current = ":scope > button";
                put(list.filter((_, other) => other !== index));
              }}
            />
          ))}
          <button
            type="button"
            class="ig-button ig-small"
            aria-label={`Add to ${control.title}`}
            onClick={() => {
              wanted.current = ":scope > :nth-last-child(2) :is(input, textarea, select)";
              put([...list, freshEntry(item, list.at(-1))]);
            }}
          >
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
  object: ObjectField,
  json: JsonField,
} as const;

/** The control of one parameter, or of one field of an object. */
export function AnyControl(props: ControlProps) {
  const { control } = props;
  const itemIsMedium = control.item?.look === "media";
  const Look = control.look === "list" && itemIsMedium ? MediaField : LOOKS[control.look];
  return <Look {...props} />;
}
