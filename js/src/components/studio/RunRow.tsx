/** Run, how many, what it will cost and how long it will take; and what all runs here have cost. */

import { isFinal } from "../job";
import type { Bench } from "./bench";
import { Icon } from "./icons";
import { seconds } from "./values";
import "./RunRow.css";

const MAX_N = 64;

function Count({ bench }: { bench: Bench }) {
  const n = bench.n.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: three small parts of one line, not a fieldset.
    <div class="ig-count" role="group" aria-label="How many pictures">
      <button
        type="button"
        class="ig-button ig-count__part"
        aria-label="One picture less"
        disabled={n <= 1}
        onClick={() => bench.count(-1)}
      >
        <Icon name="minus" />
      </button>
      <output class="ig-count__n" aria-live="polite">
        × {n}
      </output>
      <button
        type="button"
        class="ig-button ig-count__part"
        aria-label="One picture more"
        disabled={n >= MAX_N}
        onClick={() => bench.count(1)}
      >
        <Icon name="plus" />
      </button>
    </div>
  );
}

/** "free", "about $0.04", "cost unknown": money is never a silent zero. */
export const costWords = (cost: string): string => (cost === "unknown" ? "cost unknown" : cost);

function Before({ bench }: { bench: Bench }) {
  const { cost, seconds: wait } = bench.estimate.value;
  const spent = bench.spent.value;
  const parts = [
    cost !== undefined && costWords(cost),
    typeof wait === "number" && `about ${seconds(Math.max(0.1, wait))}`,
    spent && spent !== "free" && `spent here: ${spent}`,
  ];
  return <p class="ig-run__cost">{parts.filter(Boolean).join(" · ")}</p>;
}

export function RunRow({ bench, onRun }: { bench: Bench; onRun: () => void }) {
  const underWay = bench.jobs.value.filter((job) => !isFinal(job));
  const running = underWay.length;
  const calls = new Set(underWay.map(({ call }) => call)).size;
  return (
    <div class="ig-run">
      <div class="ig-run__row">
        <button
          type="button"
          class="ig-button ig-primary"
          aria-keyshortcuts="Control+Enter Meta+Enter"
          title={bench.gone.value ? "The kernel has gone" : "Run (Ctrl+Enter)"}
          aria-disabled={bench.loading.value || bench.gone.value}
          onClick={onRun}
        >
          <Icon name="play" /> {running > 0 ? "Run again" : "Run"}
        </button>
        {!bench.about.value.has_n && <Count bench={bench} />}
        {calls > 1 && (
          <button
            type="button"
            class="ig-button ig-run__cancel"
            onClick={() => {
              for (const { id } of underWay) bench.cancel(id); // these, and none that is run later
            }}
          >
            Cancel all {running}
          </button>
        )}
      </div>
      <Before bench={bench} />
    </div>
  );
}
