/** What every control has around it: a name, whether it was changed, a way back, and what is wrong with it. */
import type { ComponentChildren } from "preact";
import type { Control } from "../../contract/studio";
import type { Bench } from "./bench";
import { Icon } from "./icons";
import { asText, differs } from "./values";
import "./Field.css";
import { useUniqueId } from "../unique_id";

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
  /** A group of elements, named by the label instead of having one. */
  group?: boolean;
  /** "inline": the control beside its name; "slider": a small box beside it and the rest below. */
  shape?: "inline" | "slider";
  /** For several parameters in one field: what one alone would say of itself. */
  reset?: ComponentChildren;
  changed?: boolean;
  problem?: string;
  note?: string;
}

/** What is wrong at a control now: "" where nothing is, or where nobody tried to run yet. */
export function problemAt({ control, bench, attempted }: ControlProps): string {
  const missing = bench.values.value[control.name] === undefined;
  return missing && !attempted ? "" : (bench.problems.value[control.name] ?? "");
}

/** The way back to the default, for one control or for several that stand together. */
export function Resets({ controls, bench }: { controls: readonly Control[]; bench: Bench }) {
  const changed = controls.filter((control) => differs(control, bench.values.value));
  if (changed.length === 0) return null;
  const to = changed.map((one) => (one.default === null ? "automatic" : asText(one.default) || "empty"));
  return (
    <button
      type="button"
      class="ig-button ig-tiny ig-reset"
      aria-label={`Reset ${controls.map(({ title }) => title).join(" and ")}`}
      title={`Reset to ${to.join(" and ")}`}
      onClick={() => bench.change(Object.fromEntries(changed.map(({ name }) => [name, null])))}
    >
      <Icon name="reset" />
    </button>
  );
}

/** The parameter's title, and in words what a look at it tells. */
function Title({ control, changed }: { control: Control; changed: boolean }) {
  return (
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
}

const isWords = ({ role }: Control): boolean => role === "prompt" || role === "negative";
const classes = (...names: (string | false)[]): string => names.filter(Boolean).join(" ");

/** What stands around a control now. */
function around({ children: _, group: __, shape, ...props }: FieldProps) {
  const { control, bench } = props;
  const words = isWords(control);
  const problem = props.problem ?? problemAt(props);
  const changed = props.changed ?? (!words && differs(control, bench.values.value));
  return {
    problem,
    note: problem || (props.note ?? bench.notes.value[control.name] ?? ""),
    changed,
    classes: classes("ig-field", shape !== undefined && `ig-field-${shape}`, changed && "ig-is-changed"),
    reset: props.reset ?? (!words && <Resets controls={[control]} bench={bench} />),
  };
}

export function Field(props: FieldProps) {
  const { control, children, group = false } = props;
  const id = useUniqueId();
  const { problem, note, changed, classes: className, reset } = around(props);
  const told = classes(control.description !== "" && `${id}-about`, note !== "" && `${id}-note`);
  const Label = group ? "span" : "label";
  const naming = group ? ({ role: "group", "aria-labelledby": `${id}-label` } as const) : {};
  return (
    <div {...naming} class={className} data-param={props.bench.place + control.name}>
      <div class="ig-field__head">
        <Label
          class="ig-field__label"
          id={`${id}-label`}
          title={control.description || undefined}
          {...(group ? {} : { for: id })}
        >
          <Title control={control} changed={changed} />
        </Label>
        {reset}
      </div>
      {children({ id, "aria-invalid": problem !== "", "aria-describedby": told || undefined })}
      {control.description && (
        <p class="ig-unseen" id={`${id}-about`}>
          {control.description}
        </p>
      )}
      {note && (
        <p class={problem ? "ig-field__problem" : "ig-field__note"} id={`${id}-note`}>
          {note}
        </p>
      )}
    </div>
  );
}
