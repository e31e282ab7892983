/** What a person changes, shown at once and sent in order; what is not yet confirmed wins over what comes. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { bare } from "../../components/studio/values";
import type { Json, Values } from "../../contract/studio";
import { atEnd } from "../../model/life";

/** What is typed is sent together after this pause. */
export const TYPING_MS = 120;
/** Hosts may hand over the acknowledgement just before the values that came with it. */
export const SETTLE_MS = 60;

export interface Edits {
  values: ReadonlySignal<Values>;
  change(values: Values, typing?: boolean): void;
  /** Send what waits, now. */
  flush(): void;
  /** The kernel has taken in everything up to message `n`. */
  heard(n: number): void;
}

export interface EditsOptions {
  params: ReadonlySignal<Values>;
  send: (n: number, values: Values) => void;
  life: AbortSignal;
}

function merged(params: Values, pending: Values): Values {
  const all: Record<string, Json> = { ...params, ...pending };
  return bare(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)));
}

export function edits({ params, send, life }: EditsOptions): Edits {
  const pending = signal<Values>({});
  const sentIn = new Map<string, number>();
  const settling = new Set<ReturnType<typeof setTimeout>>();
  let waiting: Values = {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let n = 0;

  const flush = () => {
    clearTimeout(timer);
    const names = Object.keys(waiting);
    if (names.length === 0) return;
    n += 1;
    for (const name of names) sentIn.set(name, n);
    const values = waiting;
    waiting = {};
    send(n, values);
  };
  const forget = (upTo: number) => {
    const kept = Object.entries(pending.value).filter(
      ([name]) => name in waiting || (sentIn.get(name) ?? 0) > upTo,
    );
    pending.value = Object.fromEntries(kept);
  };
  atEnd(life, () => {
    clearTimeout(timer);
    for (const one of settling) clearTimeout(one);
  });
  return {
    values: computed(() => merged(params.value, pending.value)),
    change(values, typing = false) {
      if (life.aborted) return;
      pending.value = { ...pending.value, ...values };
      waiting = { ...waiting, ...values };
      clearTimeout(timer);
      if (typing) timer = setTimeout(flush, TYPING_MS);
      else flush();
    },
    flush,
    heard(upTo) {
      const settle = setTimeout(() => {
        settling.delete(settle);
        forget(upTo);
      }, SETTLE_MS);
      settling.add(settle);
    },
  };
}
