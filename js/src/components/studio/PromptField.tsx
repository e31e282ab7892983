/** The prompt: grows with its text; Alt+Up and Alt+Down go through earlier prompts. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { type ControlProps, Field } from "./Field";
import { asText, current } from "./values";

const MAX_HEIGHT_PX = 320;

/** Where one is in the history: 0 is what was being written, then the newest. */
function useHistory(prompts: readonly string[], text: string, show: (text: string) => void) {
  const at = useRef({ place: 0, draft: "" });
  const go = (steps: number): void => {
    if (at.current.place === 0) at.current.draft = text;
    const all = [at.current.draft, ...prompts.filter((prompt) => prompt !== at.current.draft)];
    // The list grows while one is in it: the place is where the text that is shown stands now.
    const from = at.current.place === 0 ? 0 : Math.max(0, all.indexOf(text));
    const place = Math.min(all.length - 1, Math.max(0, from + steps));
    at.current.place = place;
    show(all[place] ?? "");
  };
  /** What is written now is the new draft. */
  const leave = () => {
    at.current.place = 0;
  };
  return { go, leave };
}

export function PromptField(props: ControlProps) {
  const { control, bench } = props;
  const box = useRef<HTMLTextAreaElement>(null);
  const text = asText(current(control, bench.values.value));
  const set = (to: string, typing = false) => bench.change({ [control.name]: to }, typing);
  const { go, leave } = useHistory(bench.prompts.value, text, set);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what changes the height.
  useLayoutEffect(() => {
    const area = box.current;
    if (area === null) return;
    area.style.height = "auto";
    if (area.scrollHeight > 0) area.style.height = `${Math.min(MAX_HEIGHT_PX, area.scrollHeight + 2)}px`;
  }, [text]);
  return (
    <Field {...props}>
      {(wiring) => (
        <textarea
          {...wiring}
          ref={box}
          class="ig-input ig-area ig-prompt"
          dir="auto"
          rows={control.role === "prompt" ? 3 : 1}
          placeholder={control.role === "prompt" ? "Describe the picture" : "What to leave out"}
          aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Control+Enter"
          value={text}
          onInput={({ currentTarget }) => {
            leave();
            set(currentTarget.value, true);
          }}
          onKeyDown={(event) => {
            if (control.role !== "prompt" || !event.altKey) return;
            const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
            if (steps === undefined) return;
            event.preventDefault();
            go(steps);
          }}
        />
      )}
    </Field>
  );
}
