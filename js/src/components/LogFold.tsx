/** The last lines that the service or the engine wrote, folded away. */
import type { ReadonlySignal } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import "./LogFold.css";

const NEAR_END_PX = 24;

function Lines({ lines }: { lines: readonly string[] }) {
  const box = useRef<HTMLDivElement>(null);
  const follow = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what moves the end.
  useLayoutEffect(() => {
    if (box.current !== null && follow.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <div
      class="ig-log__lines"
      role="log"
      aria-label="Log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      ref={box}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        follow.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      }}
    >
      {lines.join("\n")}
    </div>
  );
}

export function LogFold({ logs }: { logs: ReadonlySignal<readonly string[]> }) {
  const [open, setOpen] = useState(false);
  const lines = logs.value;
  if (lines.length === 0) return null;
  return (
    <details class="ig-log" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="ig-log__summary">
        Log<span class="ig-log__last">{open ? "" : lines.at(-1)}</span>
      </summary>
      {open && <Lines lines={lines} />}
    </details>
  );
}
