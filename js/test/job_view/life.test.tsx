import { expect, test, vi } from "vitest";
import { countListeners } from "../browser";
import { bytes, onFakePage } from "../page";
import { job, kernel, view } from "./kernel";

const page = onFakePage();

const settle = () => vi.advanceTimersByTimeAsync(1000);
const hellos = (sent: unknown[]) =>
  (sent as { kind: string; visible: boolean }[]).filter(({ kind }) => kind === "hello");

test("fifty views come and go and leave nothing behind", async () => {
  const documentListeners = countListeners(document);
  const fake = kernel({ jobs: [job({ id: "a" }), job({ id: "b" })], logs: ["one"] });
  for (let i = 0; i < 50; i += 1) {
    const shown = view(fake);
    fake.say({ kind: "frame", job: "a", seq: i, step: i, ask: true }, [bytes()]);
    if (i % 2 === 0) page.browser.decodes.at(-1)?.resolve();
    if (i % 3 === 0) shown.button("Cancel all").click();
    page.browser.scrollTo(true);
    await vi.advanceTimersByTimeAsync(20);
    shown.end();
    expect(shown.el.childElementCount).toBe(0);
  }
  for (const { resolve } of page.browser.decodes) resolve();
  await settle();
  expect(fake.listenerCount()).toBe(0);
  expect(documentListeners()).toBe(0);
  expect(page.browser.observing()).toBe(0);
  expect(page.browser.urls.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("two views of one model both show its state and its frames", async () => {
  const fake = kernel();
  const views = [view(fake), view(fake)];
  fake.say({ kind: "frame", job: "job-1", seq: 1, step: 1, ask: true }, [bytes()]);
  for (const { resolve } of page.browser.decodes) resolve();
  fake.model.set("jobs", [job({ text: "running, step 8 of 20" })]);
  await settle();
  for (const { el, text } of views) {
    expect(text()).toContain("step 8 of 20");
    expect(el.querySelectorAll("img")).toHaveLength(1);
  }
  views[0]?.end();
  fake.model.set("jobs", [job({ text: "running, step 9 of 20" })]);
  await settle();
  expect(views[1]?.text()).toContain("step 9 of 20");
});

test("a host without a signal ends the view by the function it got", async () => {
  const fake = kernel();
  const shown = view(fake, { signals: false });
  shown.end();
  shown.end();
  expect(fake.listenerCount()).toBe(0);
});

test("the page says hello at once, and again when it can be seen", async () => {
  const fake = kernel();
  const { sent } = fake;
  view(fake);
  expect(hellos(sent)).toMatchObject([{ visible: false, width_px: 0 }]);
  page.browser.scrollTo(true);
  expect(hellos(sent).at(-1)).toMatchObject({ visible: true });
  page.browser.resize();
  await settle();
  expect(hellos(sent)).toHaveLength(2);
});

test("a page in the background is not visible", async () => {
  const fake = kernel();
  view(fake);
  page.browser.scrollTo(true);
  await settle();
  vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  expect(hellos(fake.sent).map(({ visible }) => visible)).toEqual([false, true, false]);
});

test("a line that is already closed does not disturb the end of a view", async () => {
  const fake = kernel();
  const shown = view(fake);
  fake.model.send = () => {
    throw new Error("Cannot send");
  };
  const errors = vi.fn();
  window.addEventListener("error", errors);
  shown.end();
  expect(errors).not.toHaveBeenCalled();
  window.removeEventListener("error", errors);
});

test("a view that goes says so", async () => {
  const fake = kernel();
  const shown = view(fake);
  page.browser.scrollTo(true);
  await settle();
  shown.end();
  expect(hellos(fake.sent).at(-1)).toMatchObject({ visible: false, width_px: 0 });
});

test("a kernel that is busy hears hello again and again, until it answers", async () => {
  const fake = kernel({}, {}, { busy: true });
  view(fake);
  page.browser.scrollTo(true);
  await vi.advanceTimersByTimeAsync(800);
  expect(hellos(fake.sent)).toMatchObject([
    { n: 1, visible: false },
    { n: 2 },
    { n: 2 },
    { n: 2, visible: true },
  ]);
  fake.say({ kind: "ack", of: "hello" });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(hellos(fake.sent)).toHaveLength(4);
});

test("a frame shows that hello was heard, and a kernel that never answers is left in peace", async () => {
  const [seen, deaf] = [kernel({}, {}, { busy: true }), kernel({}, {}, { busy: true })];
  for (const fake of [seen, deaf]) view(fake);
  seen.say({ kind: "frame", job: "job-1", seq: 1, step: 1, ask: true }, [bytes()]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(hellos(seen.sent)).toHaveLength(1);
  expect(hellos(deaf.sent)).toHaveLength(6);
});

test("when the kernel has gone, the call stands still and says where its job is, until the kernel speaks again", async () => {
  const fake = kernel({ title: "segmind/flux-dev" });
  const shown = view(fake);
  await vi.advanceTimersByTimeAsync(10_000);
  const before = fake.sent.length;
  fake.cut();
  await vi.advanceTimersByTimeAsync(600);
  expect(fake.sent.length).toBeGreaterThan(before); // is it really gone?
  expect(shown.find("[role=status].ig-gone").textContent).toBe(
    'The kernel has gone, or was restarted. ig.attach("job-1") collects what was under way.',
  );
  expect(shown.el.querySelector(".ig-cancel")).toBeNull();
  expect(shown.find(".ig-meter__text").textContent).toBe("last heard: running, step 7 of 20");
  expect(shown.find(".ig-meter__times").textContent).toBe("12 s"); // when the kernel spoke last
  const words = shown.text();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(shown.text()).toBe(words);
  fake.say({ kind: "ack", of: "hello" });
  await vi.advanceTimersByTimeAsync(600);
  expect(shown.el.querySelector(".ig-gone")).toBeNull();
  expect(shown.find(".ig-meter__text").textContent).toBe("running, step 7 of 20");
  expect(shown.button("Cancel")).toBeTruthy();
});

test("no bar moves for a job that nobody follows, and what had ended stays as it is", async () => {
  const fake = kernel({
    title: "segmind/flux-dev",
    jobs: [job({ id: "a", phase: "succeeded", text: "done" }), job({ id: "b", fraction: null })],
  });
  const shown = view(fake);
  expect(shown.all(".ig-bar.ig-is-unknown")).toHaveLength(1);
  fake.cut();
  await vi.advanceTimersByTimeAsync(0);
  expect(shown.all(".ig-bar.ig-is-unknown")).toHaveLength(0);
  expect(shown.find(".ig-call__state").textContent).toBe("1 of 2 ready, 1 no longer followed");
  expect(shown.find(".ig-gone").textContent).toContain('ig.attach("b") collects');
  expect(shown.find(".ig-gone").textContent).not.toContain('"a"');
});

test("what the embedded engine was painting is gone with its kernel", async () => {
  const fake = kernel({ title: "local/sketch" });
  const shown = view(fake);
  fake.cut();
  await vi.advanceTimersByTimeAsync(0);
  expect(shown.find(".ig-gone").textContent).toContain("Run this cell again.");
});
