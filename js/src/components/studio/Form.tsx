/** The form of a model: what it takes, and nothing that it does not. */
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Control } from "../../contract/studio";
import { hasKeyboard } from "../focus";
import type { Bench } from "./bench";
import { AnyControl } from "./controls";
import { Field } from "./Field";
import { Icon } from "./icons";
import { PromptField } from "./PromptField";
import { SeedField } from "./SeedField";
import { SizeField } from "./SizeField";
import { canReset, differs, isMedia, isWithin } from "./values";
import "./Form.css";

interface FormProps {
  bench: Bench;
  attempted: boolean;
}

const isWords = ({ role }: Control): boolean => role === "prompt" || role === "negative";

/** Prompt, negative prompt and what the model requires as pictures: what is written before each run. */
export function Words({ bench, attempted }: FormProps) {
  const controls = bench.controls.value;
  const shown = controls.filter((control) => isWords(control) || (isMedia(control) && control.required));
  return (
    <>
      {shown.map((control) =>
        isWords(control) ? (
          <PromptField key={control.name} control={control} bench={bench} attempted={attempted} />
        ) : (
          <AnyControl key={control.name} control={control} bench={bench} attempted={attempted} />
        ),
      )}
    </>
  );
}

function One({ control, bench, attempted, all }: FormProps & { control: Control; all: readonly Control[] }) {
  if (control.role === "seed") return <SeedField control={control} bench={bench} attempted={attempted} />;
  if (control.role === "height") return null;
  const height = all.find(({ role }) => role === "height");
  if (control.role === "width" && height !== undefined) {
    return <SizeField width={control} height={height} bench={bench} attempted={attempted} />;
  }
  return <AnyControl control={control} bench={bench} attempted={attempted} />;
}

/** What a workflow takes that nobody described: as JSON. */
function Others({ bench }: { bench: Bench }) {
  const draft = useSignal<string | null>(null);
  const wrong = useSignal("");
  const known = new Set(bench.controls.value.map(({ name }) => name));
  const others = Object.fromEntries(Object.entries(bench.values.value).filter(([name]) => !known.has(name)));
  const text = Object.keys(others).length > 0 ? JSON.stringify(others, null, 1) : "";
  const take = (typed: string) => {
    draft.value = typed;
    try {
      const read: unknown = typed.trim() === "" ? {} : JSON.parse(typed);
      if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Error("not an object");
      wrong.value = "";
      const gone = Object.fromEntries(Object.keys(others).map((name) => [name, null]));
      bench.change({ ...gone, ...read }, true);
    } catch {
      wrong.value = 'Write an object, for example {"strength": 0.6}.';
    }
  };
  const control: Control = {
    name: "",
    role: "",
    look: "json",
    kind: "object",
    title: "Other parameters",
    description: "This model's list is not complete: what it takes besides goes here, as JSON.",
    default: null,
    required: false,
    minimum: null,
    maximum: null,
    step: null,
    choices: [],
    unit: "",
    max_length: null,
    advanced: false,
    item: null,
    fields: [],
  };
  return (
    <Field control={control} bench={bench} attempted={true}>
      {(wiring) => (
        <>
          <textarea
            {...wiring}
            class="ig-input ig-area ig-is-code"
            rows={3}
            spellcheck={false}
            placeholder={'{"name": "value"}'}
            value={draft.value ?? text}
            onInput={({ currentTarget }) => take(currentTarget.value)}
            onBlur={() => {
              if (wrong.value === "") draft.value = null;
            }}
          />
          {wrong.value && <p class="ig-field__problem">{wrong.value}</p>}
        </>
      )}
    </Field>
  );
}

/** Over the parameters: all of them back to their defaults at once, and the way back from that. */
function Head({ bench }: { bench: Bench }) {
  const row = useRef<HTMLDivElement>(null);
  const held = hasKeyboard(row.current);
  useLayoutEffect(() => {
    // Either button goes when it was pressed: the keyboard goes on to the other.
    if (held && !hasKeyboard(row.current)) row.current?.querySelector("button")?.focus();
  });
  const controls = bench.controls.value;
  const title = (name: string) => controls.find((control) => control.name === name)?.title ?? name;
  const reset = bench.wasReset.value.map(title).join(", ");
  const button = (words: string, told: string, undo: boolean) => (
    <button type="button" class="ig-button ig-small" title={told} onClick={() => bench.reset(undo)}>
      <Icon name="reset" /> {words}
    </button>
  );
  return (
    <div ref={row} class="ig-form__head">
      <span class="ig-form__title">Parameters</span>
      {canReset(controls, bench.values.value) &&
        button("Reset all", "To the defaults; the prompt, pictures and files stay", false)}
      {reset && button("Undo reset", `Bring back ${reset}`, true)}
      <span class="ig-unseen" role="status">
        {reset && `Back to the default: ${reset}.`}
      </span>
    </div>
  );
}

/** Everything else, with what is advanced folded away. */
export function Parameters({ bench, attempted }: FormProps) {
  const all = bench.controls.value;
  const shown = all.filter((control) => !isWords(control) && !(isMedia(control) && control.required));
  const basic = shown.filter(({ advanced }) => !advanced);
  const advanced = shown.filter((control) => control.advanced);
  const changed = advanced.filter((control) => differs(control, bench.values.value)).length;
  const wrong = advanced.some(({ name }) =>
    Object.keys(bench.problems.value).some((place) => isWithin(place, name)),
  );
  const opened = useSignal(false);
  return (
    <>
      {shown.length > 0 && <Head bench={bench} />}
      <div class="ig-form">
        {basic.map((control) => (
          <One key={control.name} control={control} bench={bench} attempted={attempted} all={all} />
        ))}
        {bench.about.value.open && <Others bench={bench} />}
        {advanced.length > 0 && (
          <details
            class="ig-advanced"
            open={opened.value || wrong}
            onToggle={({ currentTarget }) => {
              opened.value = currentTarget.open;
            }}
          >
            <summary class="ig-advanced__summary">
              Advanced
              {changed > 0 && <span class="ig-advanced__count"> {changed} changed</span>}
            </summary>
            <div class="ig-form">
              {advanced.map((control) => (
                <One key={control.name} control={control} bench={bench} attempted={attempted} all={all} />
              ))}
            </div>
          </details>
        )}
      </div>
    </>
  );
}
