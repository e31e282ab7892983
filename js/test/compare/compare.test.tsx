import { expect, test, vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/compare.json";
import { TURN_MS } from "../../src/components/compare/Flicker";
import { inWords, shareOf } from "../../src/components/compare/subtract";
import { pointOn, sizeToAsk } from "../../src/components/compare/views";
import { bytes, onFakePage } from "../page";
import { kernel, serve, settle, view } from "./kernel";

const page = onFakePage({ sidePx: 400 });

const kinds = (sent: unknown[], kind: string) =>
  sent.filter((message) => (message as { kind: string }).kind === kind) as Record<string, unknown>[];

test("each picture is asked for once, at the size it is shown at, and whole once it is zoomed", async () => {
  const fake = kernel();
  const shown = view(fake);
  await settle();
  expect(kinds(fake.sent, "want").map(({ index, px }) => [index, px])).toEqual([
    [1, 512],
    [0, 512],
  ]);
  serve(fake);
  await settle();
  expect(shown.all("img")).toHaveLength(2);
  for (let i = 0; i < 3; i += 1) shown.button("Zoom in").click();
  await settle();
  expect(
    kinds(fake.sent, "want")
      .slice(2)
      .map(({ px }) => px),
  ).toEqual([0, 0]);
});

test("the slider's handle moves by key, and uncovers as far", async () => {
  const fake = kernel();
  const shown = view(fake);
  serve(fake);
  await settle();
  const handle = shown.find('[role="slider"]');
  shown.press('[role="slider"]', "Home");
  await settle();
  expect(handle.getAttribute("aria-valuenow")).toBe("0");
  shown.press('[role="slider"]', "ArrowRight");
  await settle();
  expect(shown.find(".ig-compare-slider__over").style.clipPath).toContain("98%");
  shown.button("Up and down").click();
  await settle();
  expect(shown.find('[role="slider"]').getAttribute("aria-orientation")).toBe("vertical");
});

test.each([
  { kind: "mouse", zoomed: false, down: "75", dragged: "25" },
  { kind: "touch", zoomed: false, down: "50", dragged: "50" }, // the first finger of a pinch, perhaps
  { kind: "mouse", zoomed: true, down: "50", dragged: "50" }, // shifts the pictures
])(
  "the divider comes to a click, and follows a drag where nothing else does: $kind, zoomed $zoomed",
  async (given) => {
    const shown = view(kernel());
    await settle();
    if (given.zoomed) shown.press(".ig-compare__stage", "+");
    await settle();
    const pane = shown.find(".ig-compare-slider");
    vi.spyOn(pane, "getBoundingClientRect").mockReturnValue({
      left: 100,
      top: 0,
      width: 400,
      height: 300,
    } as DOMRect);
    vi.spyOn(pane, "setPointerCapture").mockReturnValue();
    vi.spyOn(pane, "hasPointerCapture").mockReturnValue(true);
    const now = () => shown.find('[role="slider"]').getAttribute("aria-valuenow");
    const act = async (type: string, clientX: number) => {
      const at = {
        clientX,
        clientY: 50,
        button: 0,
        pointerId: 1,
        isPrimary: true,
        pointerType: given.kind,
        bubbles: true,
      };
      pane.dispatchEvent(new PointerEvent(type, at));
      await settle();
      return now();
    };
    expect(await act("pointerdown", 400)).toBe(given.down);
    expect(await act("pointermove", 200)).toBe(given.dragged);
    await act("pointerup", 200);
    expect(await act("click", 200)).toBe(given.dragged);
    await act("pointerdown", 300);
    await act("pointerup", 301);
    expect(await act("click", 301)).toBe("50");
    await act("pointerdown", 180);
    await act("pointerup", 180);
    expect(await act("click", 180)).toBe("20");
    expect(document.activeElement).toBe(shown.find('[role="slider"]'));
  },
);

test("zoom and shift are one for all pictures", async () => {
  const fake = kernel(4);
  const shown = view(fake);
  await settle();
  serve(fake);
  await settle();
  shown.press(".ig-compare__stage", "+");
  shown.press(".ig-compare__stage", "ArrowLeft");
  await settle();
  const transforms = new Set(shown.all("img").map((one) => one.style.transform));
  expect(shown.all("img")).toHaveLength(4);
  expect(transforms.size).toBe(1);
  expect([...transforms][0]).toContain("scale(1.5");
});

test("the loupe shows the same place of every picture, also by key", async () => {
  const fake = kernel(3);
  const shown = view(fake);
  await settle();
  serve(fake);
  shown.button("Loupe").click();
  await settle();
  shown.press(".ig-compare__stage", "ArrowRight");
  await settle();
  expect(new Set(shown.all(".ig-compare-loupe").map((one) => one.style.backgroundPosition)).size).toBe(1);
  expect(shown.all(".ig-compare-loupe")).toHaveLength(3);
});

test("flicker takes turns, can be paused, and rests where less motion is wanted", async () => {
  const fake = kernel(2, { mode: "flicker" });
  const shown = view(fake);
  await settle();
  expect(shown.find(".ig-compare-tag").textContent).toBe("A");
  await vi.advanceTimersByTimeAsync(TURN_MS);
  expect(shown.find(".ig-compare-tag").textContent).toBe("B");
  shown.button("Pause").click();
  await vi.advanceTimersByTimeAsync(5 * TURN_MS);
  expect(shown.find(".ig-compare-tag").textContent).toBe("B");
  shown.end();
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  expect(view(kernel(2, { mode: "flicker" })).button("Play")).toBeDefined();
});

test("two of many are chosen where a way takes two", async () => {
  const shown = view(kernel(5));
  await settle();
  shown.button("Slider").click();
  await settle();
  const choice = shown.all("select")[1] as HTMLSelectElement;
  choice.value = "4";
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  expect(shown.all(".ig-compare-tag").map((one) => one.textContent)).toEqual(["A", "E"]);
});

test("what differs is listed, what is equal on request", async () => {
  const shown = view(kernel());
  await settle();
  expect(shown.all("tbody tr")).toHaveLength(1);
  expect(shown.find("ins").textContent).toBe("dusk");
  shown.button("Show 1 equal parameter").click();
  await settle();
  expect(shown.all("tbody tr")).toHaveLength(2);
});

test("words from outside are text, never markup", async () => {
  const evil = "<img src=x onerror=alert(1)>";
  const shown = view(
    kernel(2, {
      prompts: [[], [{ change: "added", text: evil }]],
      parameters: [{ name: evil, values: [evil, evil], same: false }],
    }),
  );
  await settle();
  expect(shown.el.querySelector("img")).toBeNull();
  expect(shown.text().split(evil).length - 1).toBe(4);
});

test("a picture that cannot be had says why in its place", async () => {
  const fake = kernel();
  const shown = view(fake);
  await settle();
  const [want] = kinds(fake.sent, "want");
  fake.say({ ...want, kind: "failed", reason: "the file is gone" });
  await settle();
  expect(shown.text()).toContain("the file is gone");
});

test("when the kernel has gone, what is here stays, and what needs it says so", async () => {
  const fake = kernel();
  const shown = view(fake);
  await settle();
  const [want] = kinds(fake.sent, "want");
  fake.say({ ...want, kind: "picture", type: "image/png" }, [bytes()]);
  fake.cut();
  await settle();
  expect(shown.find("[role=status].ig-gone").textContent).toContain("run this cell again");
  expect(shown.all("img")).toHaveLength(1);
  expect(shown.text()).toContain("The kernel has gone.");
  fake.say({ kind: "ack", of: "hello" });
  const asked = kinds(fake.sent, "want").length;
  await settle();
  expect(shown.el.querySelector(".ig-gone")).toBeNull();
  expect(kinds(fake.sent, "want").length).toBe(asked);
  serve(fake);
  await settle();
  expect(shown.all("img")).toHaveLength(2);
});

test("nothing is left of fifty views that were opened and closed", async () => {
  const fake = kernel();
  for (let i = 0; i < 50; i += 1) {
    const from = fake.sent.length;
    const shown = view(fake);
    await settle();
    serve(fake, from);
    await settle();
    shown.button(["Flicker", "Side by side", "Slider"][i % 3] ?? "").click();
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
  const fake = kernel();
  const shown = view(fake);
  await settle();
  shown.end();
  const shape = (message: object) =>
    Object.fromEntries(Object.entries(message).map(([k, v]) => [k, typeof v]));
  const sent = new Map(
    fake.sent.map((message) => [(message as { kind: string }).kind, shape(message as object)]),
  );
  expect(Object.fromEntries(sent)).toEqual(
    Object.fromEntries(Object.entries(contract.toKernel).map(([kind, example]) => [kind, shape(example)])),
  );
});

test("decisions: sizes, places and shares", () => {
  expect(sizeToAsk(600, { ...contract.items.pictures, width: 4000 })).toBe(1024);
  expect(sizeToAsk(600, { ...contract.items.pictures, width: 1000, height: 900 })).toBe(0);
  expect(pointOn(0, 0, { width: 100, height: 100 }, { scale: 2, x: 0, y: 0 })).toEqual({ u: 0.5, v: 0.5 });
  expect(pointOn(90, 0, { width: 100, height: 100 }, { scale: 1, x: 0, y: 0 })).toBeNull();
  expect(shareOf(new Uint8ClampedArray([0, 0, 0, 255, 0, 40, 0, 255]))).toBe(0.5);
  expect([inWords(0), inWords(0.0001), inWords(0.034), inWords(0.5)]).toEqual([
    "No pixel differs.",
    "less than 0.1 % of the pixels differ.",
    "3.4 % of the pixels differ.",
    "50 % of the pixels differ.",
  ]);
});
