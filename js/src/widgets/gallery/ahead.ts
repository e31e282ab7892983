/** What the kernel sends before there is a view: kept for the first one. */
import type { AnyModel } from "@anywidget/types";
import type { GalleryContract, ToPage, Traits } from "../../contract/gallery";
import type { Binding } from "../../model/binding";
import { atEnd } from "../../model/life";

export interface Ahead {
  /** Keep what comes from now on, until a view is there or the life ends. */
  listen(model: AnyModel<Traits>, life: AbortSignal): void;
  /** The same binding, which for the first view hears what came before. */
  within(binding: Binding<GalleryContract>): Binding<GalleryContract>;
}

export function ahead(): Ahead {
  const kept: [ToPage, readonly DataView[]][] = [];
  let end = () => {};
  return {
    listen(model, life) {
      const keep = (message: ToPage, buffers?: readonly DataView[]) => {
        kept.push([message, buffers ?? []]);
      };
      model.on("msg:custom", keep);
      end = () => model.off("msg:custom", keep);
      atEnd(life, end);
    },
    within(binding) {
      end();
      const came = kept.splice(0);
      return {
        ...binding,
        on(kind, hear) {
          binding.on(kind, hear);
          for (const [message, buffers] of came) if (message.kind === kind) hear(message as never, buffers);
        },
      };
    },
  };
}
