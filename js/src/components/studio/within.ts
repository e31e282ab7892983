/** The form of an object within a value: the controls of parameters then edit its fields. */
import { computed } from "@preact/signals";
import type { Control, Json, Values } from "../../contract/studio";
import type { Bench } from "./bench";
import { bare, current, isObject } from "./values";

/** What is told of places within `place`, by the rest of the place: `loras[1].scale` is `scale` within `loras[1].`. */
function told(all: Readonly<Record<string, string>>, place: string): Readonly<Record<string, string>> {
  const within = Object.entries(all).filter(([at]) => at.startsWith(place));
  return bare(Object.fromEntries(within.map(([at, text]) => [at.slice(place.length), text])));
}

/** `held` with changes; an emptied text is taken away, where it stands for nothing. */
function changed(held: Values, changes: Values, fields: readonly Control[]): Values {
  const isNothing = (name: string, value: Json) =>
    value === null || (value === "" && !fields.some((field) => field.name === name && field.default));
  return Object.fromEntries(
    Object.entries({ ...held, ...changes }).filter(([name, value]) => !isNothing(name, value)),
  );
}

/** The bench for the object that `control` holds, or for the one at `index` of its list. */
export function within(bench: Bench, control: Control, index: number | null): Bench {
  const { name } = control;
  const fields = (index === null ? control : control.item)?.fields ?? [];
  const place = index === null ? `${name}.` : `${name}[${index}].`;
  const listOf = (values: Values) => {
    const list = current(control, values);
    return Array.isArray(list) ? list : [];
  };
  const read = (values: Values): Values => {
    const held = index === null ? current(control, values) : (listOf(values)[index] ?? null);
    return bare(isObject(held) ? held : {});
  };
  return {
    ...bench,
    place: bench.place + place,
    values: computed(() => read(bench.values.value)),
    problems: computed(() => told(bench.problems.value, place)),
    notes: computed(() => told(bench.notes.value, place)),
    change(changes, typing) {
      const values = bench.values.peek();
      const to = changed(read(values), changes, fields);
      if (index !== null) bench.change({ [name]: listOf(values).with(index, to) }, typing);
      else bench.change({ [name]: Object.keys(to).length > 0 ? to : null }, typing);
    },
  };
}
