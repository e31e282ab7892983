/** The Compare widget: the component, bound to a widget model for the life of one view. */
import type { AnyWidget, RenderProps } from "@anywidget/types";
import { type Signal, signal } from "@preact/signals";
import { render as mount } from "preact";
import { Compare } from "../../components/compare/Compare";
import type { Picture, Pixels } from "../../components/compare/views";
import type { CompareContract, Traits } from "../../contract/compare";
import { type Binding, bind } from "../../model/binding";
import { insist } from "../../model/insist";
import { atEnd, beginLife } from "../../model/life";
import { objectUrls } from "../../model/object_urls";
import { keepShortcutsOut } from "../../model/shortcuts";
import { standingIn } from "../../model/stand_in";

const GONE = "The kernel has gone.";

/** Each picture once at the size it is shown at, and again only where more is needed. */
function pixelsOf({ on, send, gone, life }: Binding<CompareContract>, view: string): Pixels {
  const urls = objectUrls<number>(life);
  const known = new Map<number, Signal<Picture>>();
  const asked = new Map<number, number>();
  const rank = (px: number) => (px === 0 ? Number.POSITIVE_INFINITY : px);
  const of = (index: number) => {
    const found = known.get(index) ?? signal<Picture>(null);
    known.set(index, found);
    return found;
  };
  on("picture", ({ view: to, index, px, type }, [bytes]) => {
    if (to !== view || bytes === undefined) return;
    const before = of(index).peek();
    if (before !== null && "px" in before && before.px >= rank(px)) return;
    of(index).value = { url: urls.put(index, bytes, type), px: rank(px) };
  });
  on("failed", ({ view: to, index, reason }) => {
    if (to === view && of(index).peek() === null) of(index).value = { reason };
  });
  const ask = (index: number, px: number) =>
    send({ kind: "want", view, index, px: Number.isFinite(px) ? px : 0 });
  atEnd(
    life,
    gone.subscribe((now) => {
      for (const [index, px] of asked) {
        const here = of(index).peek();
        if (now && here === null) of(index).value = { reason: GONE };
        else if (!now && (here === null || !("px" in here) || here.px < px)) ask(index, px);
      }
    }),
  );
  return {
    picture: of,
    need(index, px) {
      if ((asked.get(index) ?? 0) >= rank(px)) return;
      asked.set(index, rank(px));
      ask(index, px);
      if (gone.peek() && of(index).peek() === null) of(index).value = { reason: GONE };
    },
  };
}

function render({ model, el, signal: host }: RenderProps<Traits>): () => void {
  const life = beginLife(host);
  const binding = bind<CompareContract>(model, life.signal);
  const view = Math.random().toString(36).slice(2); // crypto.randomUUID is missing on pages without TLS
  const asking = insist<CompareContract["toKernel"]>(binding.send, life.signal);
  binding.whenGone(asking.again); // is it really gone?
  let ready = false;
  const waiting: (() => void)[] = [];
  const pixels = pixelsOf(binding, view);
  binding.on("ack", () => {
    asking.heard();
    ready = true;
    for (const ask of waiting.splice(0)) ask();
  });
  asking.say({ kind: "hello", view, n: 1 });
  el.classList.add("ig-root", "ig-compare-root");
  keepShortcutsOut(el, life.signal);
  mount(
    <Compare
      pictures={binding.trait("pictures")}
      mode={binding.trait("mode")}
      parameters={binding.trait("parameters")}
      prompts={binding.trait("prompts")}
      gone={binding.gone}
      pixels={{
        picture: pixels.picture,
        // Nothing is asked for before the kernel has answered: what is sent to a busy cell waits for its end.
        need: (index, px) => {
          if (ready) pixels.need(index, px);
          else waiting.push(() => pixels.need(index, px));
        },
      }}
    />,
    el,
  );
  atEnd(life.signal, () => {
    binding.send({ kind: "bye", view });
    mount(null, el);
  });
  return life.end;
}

export default () => standingIn(render) satisfies AnyWidget<Traits>;
