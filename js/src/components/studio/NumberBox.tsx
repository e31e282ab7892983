/** A number's field: any text can stand in it, the kernel judges; arrow keys move by the step. */
import { useEffect, useState } from "preact/hooks";
import type { Control, Json } from "../../contract/studio";
import type { Wiring } from "./Field";
import { asText, stepped, typedNumber } from "./values";

interface NumberBoxProps extends Partial<Wiring> {
  control: Control;
  /** What is set; undefined where nothing is. */
  value: Json | undefined;
  onChange: (value: Json, typing: boolean) => void;
  label?: string;
  placeholder?: string;
}

/** The text while a person edits it, given back to the model when it moves elsewhere. */
function useDraft(value: Json | undefined): [string | null, (text: string | null) => void] {
  const [draft, setDraft] = useState<string | null>(null);
  useEffect(() => {
    if (draft !== null && asText(value) !== asText(typedNumber(draft))) setDraft(null);
  }, [value, draft]);
  return [draft, setDraft];
}

export function NumberBox({ control, value, onChange, label, placeholder, ...wiring }: NumberBoxProps) {
  const [draft, setDraft] = useDraft(value);
  const shown = draft ?? asText(value ?? control.default);
  const move = (steps: number) => {
    const from = Number(shown);
    const start = control.minimum ?? 0;
    const to = Number.isFinite(from) && shown !== "" ? stepped(control, from, steps) : start;
    setDraft(null);
    onChange(to, true);
  };
  return (
    <input
      {...wiring}
      class="ig-input ig-number"
      type="text"
      inputMode={control.kind === "integer" ? "numeric" : "decimal"}
      autocomplete="off"
      spellcheck={false}
      aria-label={label}
      placeholder={placeholder}
      value={shown}
      onInput={({ currentTarget }) => {
        setDraft(currentTarget.value);
        onChange(typedNumber(currentTarget.value), true);
      }}
      onBlur={() => setDraft(null)}
      onKeyDown={(event) => {
        const steps = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
        if (steps === undefined || event.altKey) return;
        event.preventDefault();
        move(steps);
      }}
    />
  );
}
