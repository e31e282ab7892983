/** Width and height together: presets, the other way round, and a lock on their proportions. */
import { useSignal } from "@preact/signals";
import type { Control, Json } from "../../contract/studio";
import { type ControlProps, Field, Resets } from "./Field";
import { Icon } from "./icons";
import { NumberBox } from "./NumberBox";
import { current, differs, fitted, presets, proportions } from "./values";

interface SizeFieldProps extends Omit<ControlProps, "control"> {
  width: Control;
  height: Control;
}

export function SizeField({ width, height, bench, attempted }: SizeFieldProps) {
  const locked = useSignal(0);
  const values = bench.values.value;
  const w = Number(current(width, values)) || 0;
  const h = Number(current(height, values)) || 0;
  const set = (to: { w?: Json; h?: Json }, typing = false) => {
    const changes: Record<string, Json> = {};
    if (to.w !== undefined) changes[width.name] = to.w;
    if (to.h !== undefined) changes[height.name] = to.h;
    if (locked.value > 0 && typeof to.w === "number" && to.h === undefined) {
      changes[height.name] = fitted(height, to.w / locked.value);
    }
    if (locked.value > 0 && typeof to.h === "number" && to.w === undefined) {
      changes[width.name] = fitted(width, to.h * locked.value);
    }
    bench.change(changes, typing);
  };
  const pixels = (Number(width.default) || 1024) * (Number(height.default) || 1024);
  const sizes = presets(width, height, pixels);
  const place = sizes.findIndex((size) => size.width === w && size.height === h);
  const lockable = w > 0 && h > 0;
  const box = (control: Control, side: "w" | "h", wiring: object) => (
    <NumberBox
      {...wiring}
      control={control}
      label={control.title}
      value={values[control.name]}
      onChange={(to, typing) => set({ [side]: to }, typing)}
    />
  );
  const either = (told: Readonly<Record<string, string>>) => told[width.name] ?? told[height.name] ?? "";
  return (
    <Field
      control={{ ...width, title: "Size", default: null }}
      bench={bench}
      attempted={attempted}
      group
      reset={<Resets controls={[width, height]} bench={bench} />}
      changed={differs(width, values) || differs(height, values)}
      problem={either(bench.problems.value)}
      note={either(bench.notes.value)}
    >
      {({ id: _, ...wiring }) => (
        <div class="ig-size__row">
          {box(width, "w", wiring)}
          <span aria-hidden="true">×</span>
          {box(height, "h", wiring)}
          <button
            type="button"
            class="ig-button ig-tiny"
            aria-label="Swap width and height"
            title="Swap width and height"
            onClick={() => bench.change({ [width.name]: h, [height.name]: w })}
          >
            <Icon name="swap" />
          </button>
          <button
            type="button"
            class="ig-button ig-tiny"
            aria-label="Lock proportions"
            title="Lock proportions"
            aria-pressed={locked.value > 0}
            disabled={!lockable}
            onClick={() => {
              locked.value = locked.value > 0 ? 0 : w / h;
            }}
          >
            <Icon name={locked.value > 0 ? "lock" : "unlock"} />
          </button>
          <select
            class="ig-input ig-select"
            aria-label="Proportions"
            value={String(place)}
            onChange={({ currentTarget }) => {
              const size = sizes[Number(currentTarget.value)];
              if (size === undefined) return;
              if (locked.value > 0) locked.value = size.width / size.height;
              set({ w: size.width, h: size.height });
            }}
          >
            {place < 0 && <option value="-1">{proportions(w, h)}</option>}
            {sizes.map((size, index) => (
              <option key={size.label} value={String(index)}>
                {size.label} – {size.width}×{size.height}
              </option>
            ))}
          </select>
        </div>
      )}
    </Field>
  );
}
