/** The Studio widget: the workbench, bound to a widget model for the life of one view. */
import type { AnyWidget, RenderProps } from "@anywidget/types";
import { computed, signal } from "@preact/signals";
import { render as mount } from "preact";
import { lost } from "../../components/job";
import type { Bench } from "../../components/studio/bench";
import { Studio } from "../../components/studio/Studio";
import { bare } from "../../components/studio/values";
import type { StudioContract, ToKernel, Traits } from "../../contract/studio";
import { acknowledging } from "../../model/acknowledging";
import { bind } from "../../model/binding";
import { cancelling } from "../../model/cancelling";
import { insist } from "../../model/insist";
import { atEnd, beginLife } from "../../model/life";
import { keepShortcutsOut } from "../../model/shortcuts";
import { standingIn } from "../../model/stand_in";
import { type Viewing, watchViewing } from "../../model/visibility";
import { edits } from "./edits";
import { files } from "./files";
import { painter } from "./painter";
import { pictures } from "./pictures";
import { previews } from "./previews";
import { uploads } from "./uploads";

const GONE = "The kernel has gone, or was restarted. Run this cell again.";

function render({ model, el, signal: host }: RenderProps<Traits>): () => void {
  const life = beginLife(host);
  const { gone, whenGone, trait, send, on } = bind<StudioContract>(model, life.signal);
  const view = Math.random().toString(36).slice(2); // crypto.randomUUID is missing on pages without TLS
  const said = signal("");
  const fault = trait("fault");
  const told = trait("jobs");
  const [earlier, newest] = [trait("earlier"), trait("newest")];
  const jobs = computed(() => (gone.value ? told.value.map(lost) : told.value));
  const say = (text: string) => {
    said.value = text;
  };

  const form = edits({
    params: trait("params"),
    send: (n, values) => send({ kind: "set", view, n, values }),
    life: life.signal,
  });
  const cancels = cancelling({
    send: (job) => send({ kind: "cancel", job }),
    blocking: () => false,
    interrupt: null,
    life: life.signal,
  });
  const hellos = insist(
    (viewing: Viewing & { n: number }) =>
      send({ kind: "hello", view, page_age_s: performance.now() / 1000, ...viewing }),
    life.signal,
  );
  const shown = pictures({ ask: (keys, px) => send({ kind: "want", keys, px }), life: life.signal });
  const fetched = files({
    ask: (what, key) => send({ kind: "fetch", view, what, key }),
    gone,
    life: life.signal,
  });
  const frames = previews({
    jobs,
    shown: acknowledging({
      send: (seqs) => send({ kind: "shown", view, frames: seqs }),
      life: life.signal,
    }),
    life: life.signal,
  });
  const sending = uploads({
    send: (chunk, data) => {
      const message: ToKernel = { kind: "upload", view, ...chunk };
      model.send(message, undefined, [data]);
    },
    failed: say,
    life: life.signal,
  });

  whenGone(hellos.again);
  on("ack", ({ of, view: whose, n }) => {
    if (of === "cancel") cancels.acknowledged();
    else if (whose === view && of === "hello") hellos.heard();
    else if (whose === view && of === "set") form.heard(n);
  });
  on("frame", ({ job, ...frame }, [jpeg]) => {
    hellos.heard(); // frames come only to a view that the kernel knows
    if (jpeg !== undefined) frames.push(job, frame, jpeg);
  });
  on("picture", (picture, [data]) => shown.take(picture, data));
  on("received", ({ view: whose, id, bytes, problem }) => {
    if (whose === view) sending.received(id, bytes, problem);
  });
  on("file", (file, [data]) => {
    if (file.view === view) fetched.take(file, data);
  });
  on("said", ({ text }) => say(text));

  /** What was typed before goes first. */
  const tell = (message: ToKernel) => {
    form.flush();
    send(message);
  };
  const named = (name: "problems" | "notes") => {
    const told = trait(name);
    return computed(() => bare(told.value));
  };
  const bench: Bench = {
    place: "",
    model: trait("model"),
    about: trait("about"),
    loading: trait("loading"),
    gone,
    fault: computed(() => (gone.value ? GONE : fault.value)),
    notice: trait("notice"),
    wasReset: trait("was_reset"),
    catalogue: trait("catalogue"),
    controls: trait("controls"),
    values: form.values,
    problems: named("problems"),
    notes: named("notes"),
    n: trait("n"),
    estimate: trait("estimate"),
    jobs,
    pictures: computed(() => [...earlier.value, ...newest.value]),
    logs: trait("logs"),
    prompts: trait("prompts"),
    spent: trait("spent"),
    requests: cancels.requests,
    uploads: sending.progress,
    said,
    frameOf: frames.frameOf,
    pictureOf: shown.of,
    lookForModels: () => send({ kind: "models" }),
    choose: (name) => tell({ kind: "choose", model: name }),
    change: form.change,
    reset: (undo) => tell({ kind: "reset", undo }),
    count: (by) => send({ kind: "count", by }),
    run: () => tell({ kind: "run" }),
    cancel: cancels.cancel,
    dismiss: (job) => send({ kind: "dismiss", job }),
    upload: sending.begin,
    stopUpload: sending.stop,
    use: (name, index, { key = "", url = "" }) => tell({ kind: "use", name, index, key, url }),
    act: (what, key) => tell({ kind: "act", what, key }),
    fetch: fetched.fetch,
    painter: painter({ fetch: () => fetched.fetch("painter", ""), el, life: life.signal }),
  };
  el.classList.add("ig-root", "ig-studio-root");
  keepShortcutsOut(el, life.signal);
  mount(<Studio bench={bench} />, el);
  let n = 0;
  watchViewing({ el, picture: ".ig-stage", life: life.signal }, (viewing) => {
    n += 1;
    hellos.say({ n, ...viewing });
  });
  atEnd(life.signal, () => {
    form.flush();
    mount(null, el);
  });
  return life.end;
}

export default () => standingIn(render) satisfies AnyWidget<Traits>;
