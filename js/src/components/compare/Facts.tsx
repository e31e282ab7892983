/** What set the calls apart: parameters in a table, prompts word by word. */
import { useSignal } from "@preact/signals";
import type { Compared, Parameter, Run } from "../../contract/compare";

interface FactsProps {
  pictures: readonly Compared[];
  parameters: readonly Parameter[];
  prompts: readonly (readonly Run[])[];
}

function Words({ runs }: { runs: readonly Run[] }) {
  const tags = { same: "span", added: "ins", removed: "del" } as const;
  return (
    <p class="ig-compare-words" dir="auto">
      {runs.map(({ change, text }, at) => {
        const Tag = tags[change];
        return (
          <Tag key={at} class={`ig-compare-words__${change}`}>
            {text}
          </Tag>
        );
      })}
    </p>
  );
}

function Table({ pictures, rows }: { pictures: readonly Compared[]; rows: readonly Parameter[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section class="ig-compare-facts__scroll" tabIndex={0} aria-label="Parameters">
      <table class="ig-compare-facts__table">
        <thead>
          <tr>
            <th scope="col">Parameter</th>
            {pictures.map(({ label }) => (
              <th key={label} scope="col" dir="auto">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values, same }) => (
            <tr key={name} class={same ? "" : "ig-is-different"}>
              <th scope="row">{name}</th>
              {values.map((value, at) => (
                <td key={at} dir="auto">
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Facts({ pictures, parameters, prompts }: FactsProps) {
  const all = useSignal(false);
  const different = parameters.filter(({ same }) => !same);
  const rows = all.value ? parameters : different;
  const same = parameters.length - different.length;
  const [first, ...others] = prompts;
  const changed = others.flatMap((runs, at) =>
    runs.some(({ change }) => change !== "same") ? [{ runs, at }] : [],
  );
  return (
    <div class="ig-compare-facts">
      {first !== undefined && (
        <div class="ig-compare-facts__prompts">
          <p class="ig-compare-facts__title">{changed.length > 0 ? "Prompts" : "Prompt, the same for all"}</p>
          {changed.length === 0 && <Words runs={first} />}
          {changed.map(({ runs, at }) => (
            <div key={at}>
              <p class="ig-compare-facts__of" dir="auto">
                {pictures[at + 1]?.label}, against {pictures[0]?.label}
              </p>
              <Words runs={runs} />
            </div>
          ))}
        </div>
      )}
      {rows.length > 0 && <Table pictures={pictures} rows={rows} />}
      {same > 0 && (
        <button
          type="button"
          class="ig-button"
          aria-expanded={all.value}
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value ? "Only what differs" : `Show ${same} equal ${same === 1 ? "parameter" : "parameters"}`}
        </button>
      )}
    </div>
  );
}
