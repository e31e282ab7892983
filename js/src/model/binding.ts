/** The typed seam between a view and its widget model. */
import type { AnyModel } from "@anywidget/types";
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Contract } from "../contract/messages";
import { atEnd } from "./life";

type MessageOf<C extends Contract, Kind> = Extract<C["toPage"], { kind: Kind }>;

/** A model seen through its contract; every subscription ends with the view. */
export interface Binding<C extends Contract> {
  life: AbortSignal;
  /** Whether the kernel has gone, or was restarted: nobody hears this view until the kernel speaks again. */
  gone: ReadonlySignal<boolean>;
  /** Call once the line to the kernel was cut; what it answers to shows that there is a new one. */
  whenGone(call: () => void): void;
  /** A signal that follows one trait. */
  trait<Name extends keyof C["traits"] & string>(name: Name): ReadonlySignal<C["traits"][Name]>;
  /** Send to the kernel; the last words of a view that ends may be lost. */
  send(message: C["toKernel"]): void;
  /** Hear one kind of custom message, with its binary buffers. */
  on<Kind extends C["toPage"]["kind"]>(
    kind: Kind,
    hear: (message: MessageOf<C, Kind>, buffers: readonly DataView[]) => void,
  ): void;
}

export function bind<C extends Contract>(model: AnyModel<C["traits"]>, life: AbortSignal): Binding<C> {
  const gone = signal(false);
  const lost = () => {
    gone.value = true;
  };
  const heard = () => {
    gone.value = false;
  };
  const follows: (() => void)[] = [];
  // One update changes several traits, and hosts tell of them one by one: no view may see the first without the others.
  let told = false;
  const follow = () => {
    if (told) return;
    told = true;
    queueMicrotask(() => {
      told = false;
      if (life.aborted) return;
      batch(() => {
        for (const look of follows) look();
      });
    });
  };
  model.on("comm_live_update", lost); // only of a line that was up: a view is made after it
  model.on("msg:custom", heard);
  atEnd(life, () => {
    model.off("comm_live_update", lost);
    model.off("msg:custom", heard);
  });
  return {
    life,
    gone,
    whenGone(call) {
      atEnd(
        life,
        gone.subscribe((now) => now && call()),
      );
    },
    trait(name) {
      const followed = signal(model.get(name));
      follows.push(() => {
        followed.value = model.get(name);
      });
      model.on(`change:${name}`, follow);
      atEnd(life, () => model.off(`change:${name}`, follow));
      return followed;
    },
    send(message) {
      try {
        model.send(message);
      } catch (error) {
        if (!life.aborted && !gone.value) throw error; // a host may close the line before it takes the view away
      }
    },
    on(kind, hear) {
      const listen = (message: C["toPage"] | undefined, buffers?: readonly DataView[]) => {
        if (message?.kind === kind) hear(message as MessageOf<C, typeof kind>, buffers ?? []);
      };
      model.on("msg:custom", listen);
      atEnd(life, () => model.off("msg:custom", listen));
    },
  };
}

/** Interrupts the kernel where the host lets a page do so (JupyterLab and Notebook 7), else null. */
export function kernelInterrupt(model: Pick<AnyModel, "widget_manager">): (() => Promise<void>) | null {
  const manager = model.widget_manager as { kernel?: { interrupt?: () => Promise<void> } } | undefined;
  const kernel = manager?.kernel;
  return typeof kernel?.interrupt === "function" ? async () => kernel.interrupt?.() : null;
}
