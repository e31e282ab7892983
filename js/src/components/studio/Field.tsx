/** What every control has around it: a name, whether it was changed, a way back, and what is wrong with it. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Control } from "../../contract/studio";
import type { Bench } from "./bench";
import { Icon } from "./icons";
import { asText, differs } from "./values";
import "./Field.css";

export interface ControlProps {
  control: Control;
  bench: Bench;
  /** Whether a run was tried: only then is what is missing told as a problem. */
  attempted: boolean;
}

/** What a control's element needs to be named and described. */
export interface Wiring {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

interface FieldProps extends ControlProps {
  children: (wiring: Wiring) => ComponentChildren;
  /** Beside the name, e.g. buttons. */
  beside?: ComponentChildren;
  /** A group of elements, named by the label instead of having one. */
  group?: boolean;
}

/** What is wrong at a control now: "" where nothing is, or where nobody tried to run yet. */
export function problemAt({ control, bench, attempted }: ControlProps): string {
  const missing = bench.values.value[control.name] === undefined;
  return missing && !attempted ? "" : (bench.problems.value[control.name] ?? "");
}

export function Reset({ control, bench }: Pick<ControlProps, "control" | "bench">) {
  if (!differs(control, bench.values.value)) return null;
  const to = control.default === null ? "the service's own default" : asText(control.default) || "empty";
  return (
    <button
      type="button"
      class="ig-button ig-tiny ig-reset"
      aria-label={`Reset ${control.title}`}
      title={`Reset to ${to}`}
      onClick={() => bench.change({ [control.name]: null })}
    >
      <Icon name="reset" />
    </button>
  );
}

export function Field({ children, beside, group = false, ...props }: FieldProps) {
  const { control, bench } = props;
  const id = useId();
  const problem = problemAt(props);
  const note = bench.notes.value[control.name] ?? "";
  const told = [control.description && `${id}-about`, (problem || note) && `${id}-note`]
    .filter(Boolean)
    .join(" ");
  const changed = differs(control, bench.values.value);
  const name = (
    <>
      {control.title}
      {control.unit && <span class="ig-field__unit"> {control.unit}</span>}
      {control.required && (
        <span class="ig-field__required" title="required">
          {" *"}
        </span>
      )}
      {changed && <span class="ig-unseen"> (changed)</span>}
    </>
  );
  return (
    <div
      class={`ig-field${changed ? " ig-is-changed" : ""}${problem ? " ig-is-wrong" : ""}`}
      data-param={control.name}
      {...(group ? { role: "group", "aria-labelledby": `${id}-label` } : {})}
    >
      <div class="ig-field__head">
        {group ? (
          <span class="ig-field__label" id={`${id}-label`} title={control.description || undefined}>
            {name}
          </span>
        ) : (
          <label class="ig-field__label" for={id} title={control.description || undefined}>
            {name}
          </label>
        )}
        <Reset control={control} bench={bench} />
        {beside}
      </div>
      {children({ id, "aria-invalid": problem !== "", "aria-describedby": told || undefined })}
      {control.description && (
        <p class="ig-unseen" id={`${id}-about`}>
          {control.description}
        </p>
      )}
      {(problem || note) && (
        <p class={problem ? "ig-field__problem" : "ig-field__note"} id={`${id}-note`}>
          {problem || note}
        </p>
      )}
    </div>
  );
}
