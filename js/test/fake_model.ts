/** An in-memory stand-in for the model that a notebook gives a widget. */
import type { AnyModel } from "@anywidget/types";

type Listener = (...args: unknown[]) => void;

export function fakeModel<Traits extends object>(
  start: Traits,
  manager: object = {},
  /** What the kernel says to a message, if anything. */
  answer: (message: unknown) => object | undefined = () => undefined,
) {
  const state = { ...start };
  const listeners = new Map<string, Set<Listener>>();
  const sent: unknown[] = [];
  let cut = false;
  const fire = (name: string, ...args: unknown[]) => {
    for (const listener of [...(listeners.get(name) ?? [])]) listener(...args);
  };
  const model = {
    get: (name: keyof Traits) => state[name],
    set(name: keyof Traits, value: Traits[keyof Traits]) {
      state[name] = value;
      fire(`change:${String(name)}`);
    },
    on(name: string, listener: Listener) {
      const known = listeners.get(name) ?? new Set();
      listeners.set(name, known.add(listener));
    },
    off(name: string, listener: Listener) {
      listeners.get(name)?.delete(listener);
    },
    save_changes() {},
    send(message: unknown) {
      sent.push(message);
      const said = cut ? undefined : answer(message);
      if (said !== undefined) fire("msg:custom", said, []);
    },
    widget_manager: manager,
  };
  return {
    model: model as unknown as AnyModel<Traits>,
    sent,
    /** A custom message from the kernel. */
    say: (message: object, buffers: DataView[] = []) => fire("msg:custom", message, buffers),
    /** The line to the kernel is cut, as by its restart: it hears nothing more. */
    cut() {
      cut = true;
      fire("comm_live_update");
    },
    listenerCount: () => [...listeners.values()].reduce((count, set) => count + set.size, 0),
  };
}
