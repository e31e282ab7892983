/** The JobView widget: the component, bound to a widget model for the life of one view. */
import type { AnyWidget, RenderProps } from "@anywidget/types";
import { render as mount } from "preact";
import { JobView } from "../../components/JobView";
import type { JobViewContract, Traits } from "../../contract/job_view";
import { acknowledging } from "../../model/acknowledging";
import { bind, kernelInterrupt } from "../../model/binding";
import { cancelling } from "../../model/cancelling";
import { type FramePump, framePump } from "../../model/frames";
import { insist } from "../../model/insist";
import { atEnd, beginLife } from "../../model/life";
import { standingIn } from "../../model/stand_in";
import { type Viewing, watchViewing } from "../../model/visibility";

function render({ model, el, signal }: RenderProps<Traits>): () => void {
  const life = beginLife(signal);
  const { gone, whenGone, trait, send, on } = bind<JobViewContract>(model, life.signal);
  const view = Math.random().toString(36).slice(2); // crypto.randomUUID is missing on pages without TLS
  const blocking = trait("blocking");

  const cancels = cancelling({
    send: (job) => send({ kind: "cancel", job }),
    blocking: () => blocking.value,
    interrupt: kernelInterrupt(model),
    life: life.signal,
  });
  const hellos = insist(
    (viewing: Viewing & { n: number }) => send({ kind: "hello", view, ...viewing }),
    life.signal,
  );
  whenGone(hellos.again);
  on("ack", ({ of }) => {
    if (of === "cancel") cancels.acknowledged();
    if (of === "hello") hellos.heard();
  });

  const acknowledge = acknowledging({
    send: (frames) => send({ kind: "shown", view, frames }),
    life: life.signal,
  });
  const pumps = new Map<string, FramePump>();
  const pumpOf = (job: string): FramePump => {
    const known = pumps.get(job);
    if (known !== undefined) return known;
    const pump = framePump({ shown: (seq) => acknowledge(job, seq), life: life.signal });
    pumps.set(job, pump);
    return pump;
  };
  on("frame", ({ job, ...frame }, [jpeg]) => {
    hellos.heard(); // frames come only to a view that the kernel knows
    if (jpeg !== undefined) pumpOf(job).push(frame, jpeg);
  });

  el.classList.add("ig-root", "ig-job-view-root");
  mount(
    <JobView
      jobs={trait("jobs")}
      title={trait("title")}
      prompt={trait("prompt")}
      logs={trait("logs")}
      gone={gone}
      cancelLimits={trait("can_cancel")}
      requests={cancels.requests}
      frameOf={(job) => pumpOf(job).frame}
      onCancel={cancels.cancel}
    />,
    el,
  );
  let n = 0;
  watchViewing({ el, picture: ".ig-stage", life: life.signal }, (viewing) => {
    n += 1;
    hellos.say({ n, ...viewing });
  });
  atEnd(life.signal, () => {
    send({ kind: "bye", view });
    mount(null, el);
  });
  return life.end;
}

export default () => standingIn(render) satisfies AnyWidget<Traits>;
