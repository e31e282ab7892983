/** What no other control can edit: JSON, as text. */
import { useState } from "preact/hooks";
import type { Json } from "../../contract/studio";
import { type ControlProps, Field, problemAt, type Wiring } from "./Field";
import { asText, current, problemsWithin, same } from "./values";

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
export function JsonBox({ value, rows, placeholder, label, onChange, ...wiring }: JsonBoxProps) {
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

export function JsonField(props: ControlProps) {
  const { control, bench } = props;
  return (
    <Field {...props} problem={problemAt(props) || problemsWithin(control.name, bench.problems.value)}>
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
