/** The seed: another each time, a fixed one, or that of the latest picture. */
import type { ControlProps } from "./Field";
import { Field } from "./Field";
import { NumberBox } from "./NumberBox";

const randomSeed = (high: number): number => Math.floor(Math.random() * Math.min(high, 2 ** 32 - 1));

export function SeedField(props: ControlProps) {
  const { control, bench } = props;
  const value = bench.values.value[control.name];
  const fixed = value !== undefined && value !== null;
  const last = bench.pictures.value.findLast(({ seed }) => seed !== "")?.seed;
  const set = (to: number | string | null) => bench.change({ [control.name]: to });
  const start = last ?? randomSeed(control.maximum ?? 2 ** 32 - 1);
  return (
    <Field {...props} control={{ ...control, default: null }} group>
      {({ id: _, ...wiring }) => (
        <div class="ig-seed">
          <div class="ig-segments">
            <button
              type="button"
              class="ig-button ig-segment"
              aria-pressed={!fixed}
              onClick={() => set(null)}
            >
              Random
            </button>
            <button
              type="button"
              class="ig-button ig-segment"
              aria-pressed={fixed}
              onClick={() => fixed || set(start)}
            >
              Fixed
            </button>
            <button
              type="button"
              class="ig-button ig-segment"
              disabled={last === undefined}
              title={last === undefined ? "There is no picture yet" : `Seed ${last} of the latest picture`}
              onClick={() => last !== undefined && set(last)}
            >
              Reuse last
            </button>
          </div>
          <NumberBox
            {...wiring}
            control={{ ...control, default: null }}
            value={value}
            label="Seed value"
            placeholder="random"
            onChange={(to, typing) => bench.change({ [control.name]: to }, typing)}
          />
        </div>
      )}
    </Field>
  );
}
