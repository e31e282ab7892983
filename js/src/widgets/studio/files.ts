/** Files that this view asks the kernel for, one answer each. */
import type { Fetched } from "../../components/studio/bench";
import type { Fetched as FileKind } from "../../contract/studio";
import { atEnd } from "../../model/life";

const LATE_MS = 20_000;
const GONE: Fetched = { blob: null, name: "", text: "", problem: "The kernel did not answer." };

export interface Files {
  fetch(what: FileKind, key: string): Promise<Fetched>;
  take(
    file: { what: string; key: string; name: string; type: string; text: string; problem: string },
    data: DataView | undefined,
  ): void;
}

export interface FilesOptions {
  ask: (what: FileKind, key: string) => void;
  life: AbortSignal;
}

export function files({ ask, life }: FilesOptions): Files {
  const waiting = new Map<string, Set<(file: Fetched) => void>>();
  const settle = (name: string, file: Fetched) => {
    for (const resolve of waiting.get(name) ?? []) resolve(file);
    waiting.delete(name);
  };
  atEnd(life, () => {
    for (const name of [...waiting.keys()]) settle(name, GONE);
  });
  return {
    fetch(what, key) {
      const name = `${what} ${key}`;
      return new Promise((resolve) => {
        if (life.aborted) return resolve(GONE);
        const timer = setTimeout(() => settle(name, GONE), LATE_MS);
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
