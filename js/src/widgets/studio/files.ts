/** Files that this view asks the kernel for, one answer each. */
import type { ReadonlySignal } from "@preact/signals";
import type { Fetched } from "../../components/studio/bench";
import type { Fetched as FileKind } from "../../contract/studio";
import { atEnd } from "../../model/life";

const LATE_MS = 20_000;
const without = (problem: string): Fetched => ({ blob: null, name: "", text: "", problem });
const LATE = without("The kernel did not answer.");
const GONE = without("The kernel has gone, or was restarted: run this cell again.");

export interface Files {
  fetch(what: FileKind, key: string): Promise<Fetched>;
  take(
    file: { what: string; key: string; name: string; type: string; text: string; problem: string },
    data: DataView | undefined,
  ): void;
}

export interface FilesOptions {
  ask: (what: FileKind, key: string) => void;
  /** Whether there is no kernel to answer. */
  gone: ReadonlySignal<boolean>;
  life: AbortSignal;
}

export function files({ ask, gone, life }: FilesOptions): Files {
  const waiting = new Map<string, Set<(file: Fetched) => void>>();
  const settle = (name: string, file: Fetched) => {
    for (const resolve of waiting.get(name) ?? []) resolve(file);
    waiting.delete(name);
  };
  const giveUp = () => {
    for (const name of [...waiting.keys()]) settle(name, GONE);
  };
  atEnd(
    life,
    gone.subscribe((now) => now && giveUp()),
  );
  atEnd(life, giveUp);
  return {
    fetch(what, key) {
      const name = `${what} ${key}`;
      return new Promise((resolve) => {
        if (life.aborted || gone.value) return resolve(GONE);
        const timer = setTimeout(() => settle(name, LATE), LATE_MS);
        const done = (file: Fetched) => {
          clearTimeout(timer);
          resolve(file);
        };
        waiting.set(name, (waiting.get(name) ?? new Set()).add(done));
        ask(what, key);
      });
    },
    take({ what, key, name, type, text, problem }, data) {
      const blob = data === undefined ? null : new Blob([data as DataView<ArrayBuffer>], { type });
      settle(`${what} ${key}`, { blob, name, text, problem });
    },
  };
}
