/** The controls of a single word, number, choice or switch. */
import { type ControlProps, Field } from "./Field";
import { NumberBox } from "./NumberBox";
import { asText, current, same } from "./values";

export function LineField(props: ControlProps) {
  const { control, bench } = props;
  return (
    <Field {...props}>
      {(wiring) => (
        <input
          {...wiring}
          class="ig-input"
          type="text"
          autocomplete="off"
          dir="auto"
          maxLength={control.max_length ?? undefined}
          value={asText(current(control, bench.values.value))}
          onInput={({ currentTarget }) => bench.change({ [control.name]: currentTarget.value }, true)}
        />
      )}
    </Field>
  );
}

export function AreaField(props: ControlProps) {
  const { control, bench } = props;
  return (
    <Field {...props}>
      {(wiring) => (
        <textarea
          {...wiring}
          class="ig-input ig-area"
          dir="auto"
          rows={2}
          value={asText(current(control, bench.values.value))}
          onInput={({ currentTarget }) => bench.change({ [control.name]: currentTarget.value }, true)}
        />
      )}
    </Field>
  );
}

export function SliderField(props: ControlProps) {
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

export function NumberField(props: ControlProps) {
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

export function ChoiceField(props: ControlProps) {
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

export function SwitchField(props: ControlProps) {
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
