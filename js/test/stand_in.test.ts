import { expect, test, vi } from "vitest";
import contract from "../../src/ipyimagegen/notebook/widgets/contract/stand_in.json";
import { standIn, standingIn } from "../src/model/stand_in";
import { fakeModel } from "./fake_model";
import { initialized as initializedBy } from "./page";

const MARK = "abc";
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

function output(start: string): HTMLElement {
  const frame = document.createElement("div");
  const box = document.createElement("div");
  const image = document.createElement("img");
  image.setAttribute("src", `data:image/jpeg;base64,${start}AAAA`);
  box.append(image);
  frame.append(box);
  return frame;
}

test("a view takes the place of each picture with its mark, and gives it back", async () => {
  const early = output(MARK);
  document.body.append(early, output("other"));
  const life = new AbortController();
  const lives: AbortSignal[] = [];
  const mount = vi.fn((el: HTMLElement, end: AbortSignal) => {
    el.textContent = "live";
    lives.push(end);
  });
  standIn(MARK, life.signal, mount);
  expect(mount).toHaveBeenCalledTimes(1);
  const late = output(MARK);
  document.body.append(late);
  await settle();
  expect(mount).toHaveBeenCalledTimes(2);
  expect((early.firstElementChild as HTMLElement).style.display).toBe("none");
  late.remove();
  await settle();
  expect(lives.map(({ aborted }) => aborted)).toEqual([false, true]);
  life.abort();
  expect(early.textContent).toBe("");
  expect((early.firstElementChild as HTMLElement).style.display).toBe("");
  document.body.append(output(MARK));
  await settle();
  expect(mount).toHaveBeenCalledTimes(2);
  document.body.replaceChildren();
});

test("a picture that is renewed keeps its view", async () => {
  const frame = output(MARK);
  document.body.append(frame);
  const life = new AbortController();
  const mount = vi.fn();
  standIn(MARK, life.signal, mount);
  const image = document.createElement("img");
  image.setAttribute("src", `data:image/jpeg;base64,${MARK}BBBB`);
  frame.firstElementChild?.replaceChildren(image);
  await settle();
  expect(mount).toHaveBeenCalledTimes(1);
  life.abort();
  document.body.replaceChildren();
});

test("a view ends where another picture takes the place of its own", async () => {
  const frame = output(MARK);
  document.body.append(frame);
  const life = new AbortController();
  const lives: AbortSignal[] = [];
  standIn(MARK, life.signal, (_, end) => lives.push(end));
  const image = document.createElement("img");
  image.setAttribute("src", "data:image/jpeg;base64,the_picture_itself");
  frame.firstElementChild?.replaceChildren(image);
  await settle();
  expect(lives.map(({ aborted }) => aborted)).toEqual([true]);
  expect((frame.firstElementChild as HTMLElement).style.display).toBe("");
  expect(frame.childElementCount).toBe(1);
  life.abort();
  document.body.replaceChildren();
});

/** A notebook as JupyterLab's widget manager hands it out; a text cell, and one with two outputs. */
function notebook(start: string | string[]) {
  const saved = [
    { data: { "text/plain": "before" } as Record<string, unknown>, metadata: {} },
    { data: { "image/jpeg": start, "text/plain": "old" }, metadata: {} },
  ];
  const outputs = {
    get length() {
      return saved.length;
    },
    add: (output: (typeof saved)[0]) => saved.push(output),
    get: (at: number) => ({ toJSON: () => saved[at] }),
    set: (at: number, output: (typeof saved)[0]) => {
      saved[at] = output;
    },
  };
  const all = [{}, { outputs }];
  const cells = { length: all.length, get: (at: number) => all[at] };
  return { manager: { context: { model: { cells } } }, saved };
}

function initialized(manager: object) {
  const fake = fakeModel({ sheet_mark: MARK }, manager);
  const widget = standingIn<{ sheet_mark: string }>(() => () => {});
  return { ...fake, ...initializedBy(widget, fake.model) };
}

test.each([[`${MARK}AAAA`], [[MARK, "AAAA"]]])(
  "a page that finds the picture in the file says so, and renews it: %j",
  (start) => {
    const { manager, saved } = notebook(start);
    const model = initialized(manager);
    expect(model.sent).toEqual(Object.values(contract.toKernel));
    const plain = (text: string) => ({ data: { "text/plain": text }, metadata: {} });
    const sheet = { data: { "image/jpeg": `${MARK}BBBB`, "text/plain": "new" }, metadata: { a: 1 } };
    model.say({ ...contract.toPage.sheet, outputs: [sheet] });
    expect(saved).toEqual([plain("before"), sheet]);
    model.say({ ...contract.toPage.sheet, outputs: [plain("the end"), plain("the facts")] });
    expect(saved).toEqual([plain("before"), plain("the end"), plain("the facts")]);
    model.say({ ...contract.toPage.sheet, outputs: [sheet] });
    expect(saved).toHaveLength(3); // whatever took its place stays
    model.end();
    expect(model.listenerCount()).toBe(0);
  },
);

test("a page that will get the picture itself, or cannot reach the file, says nothing", () => {
  for (const manager of [notebook("other").manager, {}, { context: {} }]) {
    const model = initialized(manager);
    expect([model.sent, model.listenerCount()]).toEqual([[], 0]);
    model.end();
  }
});
