import { expect, test, vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/gallery.json";
import { bytes, onFakePage } from "../page";
import { item, kernel, kinds, many, opened, settle, view } from "./kernel";

const page = onFakePage();

test("only the rows in view are on the page, however many pictures there are", async () => {
  const shown = view(kernel(many(5000)));
  await settle();
  expect(shown.text()).toContain("5,000 pictures");
  expect(shown.all(".ig-gallery-cell").length).toBeLessThan(40);
  expect(shown.find(".ig-gallery-grid").getAttribute("aria-rowcount")).toBe(String(Math.ceil(5000 / 3)));
});

test("items come piece by piece, each asked for", async () => {
  const fake = kernel(many(250));
  view(fake);
  await settle();
  expect(kinds(fake.sent, "more").map(({ start }) => start)).toEqual([100, 200]);
});

test("thumbnails are asked for in one message, and shown when they come", async () => {
  const fake = kernel(many(30));
  const shown = view(fake);
  await settle();
  const [want] = kinds(fake.sent, "want");
  const indices = want?.["indices"] as number[];
  expect(indices.length).toBe(shown.all(".ig-gallery-cell").length);
  fake.say(
    {
      kind: "thumbs",
      view: want?.["view"],
      px: want?.["px"],
      indices: indices.slice(0, 2),
      types: ["image/jpeg", "image/png"],
    },
    [bytes(), bytes()],
  );
  await settle();
  expect(shown.all(".ig-gallery-cell__image")).toHaveLength(2);
  expect(page.browser.urls.size).toBe(2);
});

const early = (count: number, coming: number) => ({
  kind: "items",
  view: "",
  start: 0,
  total: count,
  items: many(count),
  thumbs: coming,
  px: 256,
});
const thumbs = (...indices: number[]) => ({
  kind: "thumbs",
  view: "",
  px: 256,
  indices,
  types: indices.map(() => "image/jpeg"),
});

test("what comes before the first view is there at once, and asked for by nobody", async () => {
  const fake = kernel([]);
  const model = opened(fake);
  fake.say(early(4, 4));
  fake.say(thumbs(0, 1), [bytes(), bytes()]);
  const shown = model.view();
  await settle();
  expect(shown.all(".ig-gallery-cell")).toHaveLength(4);
  expect(shown.all(".ig-gallery-cell__image")).toHaveLength(2);
  fake.say(thumbs(3, 2), [bytes(), bytes()]);
  await settle();
  expect(shown.all(".ig-gallery-cell__image")).toHaveLength(4);
  expect(fake.sent).toEqual([]);
  model.view();
  await settle();
  expect(kinds(fake.sent, "hello")).toHaveLength(1);
  for (const one of [shown, model]) one.end();
});

test("thumbnails that come too small are shown until the right ones are here", async () => {
  vi.stubGlobal("devicePixelRatio", 3);
  const fake = kernel([]);
  const model = opened(fake);
  fake.say(early(1, 1));
  fake.say(thumbs(0), [bytes()]);
  const shown = model.view();
  await settle();
  expect(shown.all(".ig-gallery-cell__image")).toHaveLength(1);
  expect(kinds(fake.sent, "want").map(({ indices }) => indices)).toEqual([[0]]);
  vi.unstubAllGlobals();
  model.end();
});

test("a model that no view ever showed leaves nothing behind", () => {
  const fake = kernel([]);
  const model = opened(fake);
  fake.say(early(1, 1));
  model.end();
  expect(fake.listenerCount()).toBe(0);
});

test("what leaves the view before it came is given up", async () => {
  const fake = kernel(many(500));
  const shown = view(fake);
  await settle();
  const grid = shown.find(".ig-gallery-grid");
  grid.scrollTop = 20_000;
  grid.dispatchEvent(new Event("scroll"));
  await settle();
  const [drop] = kinds(fake.sent, "drop");
  expect(drop?.["indices"]).toContain(5);
  expect(kinds(fake.sent, "want")).toHaveLength(2);
});

test("a picture that cannot be had says why in its place", async () => {
  const fake = kernel(many(2));
  const shown = view(fake);
  await settle();
  const [want] = kinds(fake.sent, "want");
  fake.say({ kind: "failed", view: want?.["view"], px: 192, index: 1, reason: "the file is gone" });
  await settle();
  expect(shown.cell(1).textContent).toContain("the file is gone");
});

test("when the kernel has gone, what is here stays, and what needs it says so", async () => {
  const fake = kernel(many(3));
  const shown = view(fake);
  await settle();
  const [want] = kinds(fake.sent, "want");
  const thumbs = { kind: "thumbs", view: want?.["view"], px: 192, indices: [0], types: ["image/png"] };
  fake.say(thumbs, [bytes()]);
  const before = fake.sent.length;
  fake.cut();
  await settle();
  expect(fake.sent.length).toBeGreaterThan(before); // is it really gone?
  expect(shown.find("[role=status].ig-gone").textContent).toContain("run this cell again");
  expect(shown.cell(0).querySelector("img")).not.toBeNull();
  expect(shown.cell(1).textContent).toContain("The kernel has gone.");
  shown.press(0, "s");
  await settle();
  expect(kinds(fake.sent, "star")).toEqual([]);
  expect(shown.cell(0).querySelector("[aria-pressed=true]")).toBeNull();
  fake.say({ ...thumbs, indices: [1] }, [bytes()]);
  await settle();
  expect(shown.el.querySelector(".ig-gone")).toBeNull();
  expect(shown.cell(1).querySelector("img")).not.toBeNull();
  expect(shown.cell(2).textContent).not.toContain("The kernel has gone.");
  expect(kinds(fake.sent, "want").at(-1)?.["indices"]).toContain(2);
});

test("the keyboard stays with its picture when newer ones come before it", async () => {
  const fake = kernel(many(4));
  const shown = view(fake);
  await settle();
  shown.cell(1).focus();
  shown.click(1);
  await settle();
  const newer = many(7, (at) => ({ seed: `new ${at}`, created: 2000 - at }));
  fake.say({ kind: "items", view: "", start: 4, total: 11, items: newer, thumbs: 0, px: 0 });
  await settle();
  expect(document.activeElement?.textContent).toContain("seed 1");
  expect(document.activeElement).toBe(shown.cell(8));
  document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "s", bubbles: true }));
  expect(kinds(fake.sent, "star")).toEqual([{ kind: "star", index: 1, starred: true }]);
});

test("words, model and star choose, and the count says how many are left", async () => {
  const shown = view(
    kernel(
      many(4, (at) => ({
        prompt: at === 1 ? "A Boat at dusk" : "a tree",
        model: at < 2 ? "local/sketch" : "segmind/sdxl",
        starred: at === 3,
      })),
    ),
  );
  await settle();
  const search = shown.find("input[type=search]") as HTMLInputElement;
  search.value = "dusk boat";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  expect(shown.seeds()).toEqual(["1"]);
  expect(shown.text()).toContain("1 of 4 pictures");
  search.value = "";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  const [model] = shown.all("select") as HTMLSelectElement[];
  if (model === undefined) throw new Error("no model choice");
  model.value = "segmind/sdxl";
  model.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  expect(shown.seeds()).toEqual(["2", "3"]);
  shown.find(".ig-gallery-toggle").click();
  await settle();
  expect(shown.seeds()).toEqual(["3"]);
});

test("clicks select one, a range, or one more; the kernel hears", async () => {
  const fake = kernel(many(6));
  const shown = view(fake);
  await settle();
  const selection = () => fake.model.get("selection");
  shown.click(1);
  expect(selection()).toEqual([1]);
  shown.click(3, { shiftKey: true });
  expect(selection()).toEqual([1, 2, 3]);
  shown.click(2, { ctrlKey: true });
  expect(selection()).toEqual([1, 3]);
  await settle();
  expect(shown.all('[aria-selected="true"]')).toHaveLength(2);
  expect(shown.text()).toContain("2 selected");
});

test("everything works from the keyboard", async () => {
  const fake = kernel(many(9));
  const shown = view(fake);
  await settle();
  const selection = () => fake.model.get("selection");
  shown.press(0, "ArrowRight");
  await settle();
  expect(document.activeElement).toBe(shown.cell(1));
  shown.press(1, " ");
  shown.press(1, "ArrowDown", { shiftKey: true });
  await settle();
  expect(selection()).toEqual([1, 2, 3, 4]);
  shown.press(4, "Escape");
  expect(selection()).toEqual([]);
  shown.press(4, "a", { ctrlKey: true });
  expect(selection()).toHaveLength(9);
  shown.press(4, "s");
  expect(kinds(fake.sent, "star")).toEqual([{ kind: "star", index: 4, starred: true }]);
  shown.press(4, "End");
  await settle();
  expect(document.activeElement).toBe(shown.cell(8));
});

test("a picture is enlarged, stepped through and closed, and the keyboard is where it was looked at last", async () => {
  const fake = kernel(many(4));
  const shown = view(fake);
  await settle();
  shown.press(0, "Enter");
  await settle();
  const dialog = shown.find("dialog") as HTMLDialogElement;
  expect(dialog.open).toBe(true);
  dialog.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  await settle();
  expect(shown.text()).toContain("2 of 4");
  dialog.close();
  dialog.dispatchEvent(new Event("close"));
  await settle();
  expect(shown.all("dialog")).toHaveLength(0);
  expect(document.activeElement).toBe(shown.cell(1));
});

test("stars that the kernel tells of are shown", async () => {
  const fake = kernel(many(2));
  const shown = view(fake);
  await settle();
  fake.say({ kind: "stars", indices: [1], starred: true });
  await settle();
  expect(shown.cell(1).querySelector(".ig-gallery-cell__star")?.getAttribute("aria-pressed")).toBe("true");
});

test("words from outside are text, never markup", async () => {
  const evil = "<img src=x onerror=alert(1)>";
  const shown = view(
    kernel([item({ prompt: evil, model: evil })], { traits: { captions: ["prompt", "model"] } }),
  );
  await settle();
  expect(shown.el.querySelector("img")).toBeNull();
  expect(shown.text().split(evil).length - 1).toBe(2);
});

test("a kernel that is busy hears hello again and again", async () => {
  const fake = kernel([], { busy: true });
  const shown = view(fake);
  await vi.advanceTimersByTimeAsync(800);
  expect(kinds(fake.sent, "hello")).toHaveLength(3);
  expect(shown.text()).toContain("Waiting for the kernel");
});

test("nothing is left of fifty views that were opened and closed", async () => {
  const fake = kernel(many(40));
  for (let i = 0; i < 50; i += 1) {
    const shown = view(fake);
    await settle();
    const want = kinds(fake.sent, "want").at(-1);
    fake.say(
      { kind: "thumbs", view: want?.["view"], px: 192, indices: [0, 1], types: ["image/png", "image/png"] },
      [bytes(), bytes()],
    );
    shown.press(0, "Enter");
    await settle();
    shown.end();
    expect(shown.el.childElementCount).toBe(0);
  }
  await settle();
  expect(fake.listenerCount()).toBe(0);
  expect(page.browser.observing()).toBe(0);
  expect(page.browser.urls.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("what the page sends has the contract's fields, of the contract's types", async () => {
  for (const side of ["clientWidth", "clientHeight"] as const) {
    vi.spyOn(HTMLElement.prototype, side, "get").mockReturnValue(600);
  }
  const fake = kernel(many(500));
  const shown = view(fake);
  await settle();
  shown.press(0, "s");
  const grid = shown.find(".ig-gallery-grid");
  grid.scrollTop = 20_000;
  grid.dispatchEvent(new Event("scroll"));
  shown.press(0, "Enter");
  await settle();
  shown.end();
  const shape = (message: object) => Object.entries(message).map(([name, value]) => [name, typeof value]);
  const sent = new Map(fake.sent.map((message) => [(message as { kind: string }).kind, message as object]));
  expect([...sent.keys()].sort()).toEqual(Object.keys(contract.toKernel).sort());
  for (const [kind, example] of Object.entries(contract.toKernel)) {
    expect(Object.fromEntries(shape(sent.get(kind) ?? {}))).toEqual(Object.fromEntries(shape(example)));
  }
});
