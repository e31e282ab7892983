import { describe, expect, test, vi } from "vitest";
import { ANNOUNCE_EVERY_MS } from "../../src/components/Announcer";
import { onFakePage } from "../page";
import { job, kernel, view } from "./kernel";

onFakePage();

const bar = (el: Element) => el.querySelector('[role="progressbar"]');

describe("one job", () => {
  test("says how far it is, in words and as a progress bar", async () => {
    const { el, text } = view(kernel());
    expect(text()).toContain("running, step 7 of 20");
    expect(bar(el)?.getAttribute("aria-valuenow")).toBe("35");
    expect(bar(el)?.getAttribute("aria-valuetext")).toBe("running, step 7 of 20");
  });

  test("an unknown fraction has no value", async () => {
    const { el } = view(kernel({ jobs: [job({ fraction: null })] }));
    expect(bar(el)?.hasAttribute("aria-valuenow")).toBe(false);
    expect(bar(el)?.className).toContain("ig-is-unknown");
  });

  test("success fills the bar, stops the clock and takes Cancel away", async () => {
    const { el, text } = view(kernel({ jobs: [job({ phase: "succeeded", text: "done", fraction: null })] }));
    expect(bar(el)?.getAttribute("aria-valuenow")).toBe("100");
    expect(el.querySelector("button")).toBeNull();
    expect(text()).not.toContain("left");
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a failure stands where the picture would", async () => {
    const { find } = view(kernel({ jobs: [job({ phase: "failed", error: "Content filter" })] }));
    expect(find(".ig-stage").textContent).toContain("Content filter");
  });

  test("the place of the picture has its proportions from the start", async () => {
    const { find } = view(kernel({ jobs: [job({ width: 1024, height: 512 })] }));
    expect(find(".ig-stage").style.getPropertyValue("--ig-ratio")).toBe("2");
  });

  test("time runs on between updates, and stops at the next one", async () => {
    const fake = kernel();
    const { text } = view(fake);
    expect(text()).toContain("12 s");
    expect(text()).toContain("about 25 s left");
    await vi.advanceTimersByTimeAsync(6100);
    expect(text()).toContain("18 s");
    expect(text()).toContain("about 20 s left");
    fake.model.set("jobs", [job({ phase: "succeeded", elapsed_s: 19 })]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(text()).toContain("19 s");
  });

  test("words from outside are text, never markup", async () => {
    const evil = "<img src=x onerror=alert(1)>";
    const failed = job({ phase: "failed", text: evil, error: evil });
    const { el, text } = view(
      kernel({ prompt: evil, title: evil, logs: [evil], jobs: [failed], can_cancel: evil }),
    );
    expect(el.querySelector("img")).toBeNull();
    expect(text().split(evil).length - 1).toBeGreaterThanOrEqual(5);
  });

  test("what Cancel cannot end stands beside it and is its description", async () => {
    const { button, find } = view(kernel({ can_cancel: "goes on at Segmind, and will be billed" }));
    const noteId = button("Cancel").getAttribute("aria-describedby");
    expect(find(`[id="${noteId}"]`).textContent).toBe("goes on at Segmind, and will be billed");
    expect(button("Cancel").title).toBe("goes on at Segmind, and will be billed");
  });
});

describe("several jobs", () => {
  const jobs = [
    job({ id: "a", phase: "succeeded" }),
    job({ id: "b" }),
    job({ id: "c", phase: "failed" }),
    job({ id: "d", phase: "queued" }),
  ];

  test("stand side by side with a count of what is ready", async () => {
    const { el, text } = view(kernel({ jobs }));
    expect(el.querySelectorAll(".ig-stage")).toHaveLength(4);
    expect(text()).toContain("1 of 4 ready, 1 failed");
  });

  test("each running one can be cancelled alone", async () => {
    const fake = kernel({ jobs });
    const { el, button } = view(fake);
    button("Cancel picture 2 of 4").click();
    expect(fake.sent.at(-1)).toEqual({ kind: "cancel", job: "b" });
    await vi.advanceTimersByTimeAsync(0);
    expect(el.querySelectorAll(".ig-cancel-one")).toHaveLength(2);
    expect(button("Cancelling picture 2 of 4").getAttribute("aria-disabled")).toBe("true");
    button("Cancelling picture 2 of 4").click();
    expect(fake.sent.filter((sent) => (sent as { kind: string }).kind === "cancel")).toHaveLength(1);
  });
});

describe("the log", () => {
  test("is folded, shows its last line, and opens to all of them", async () => {
    const fake = kernel({ logs: ["one", "two"] });
    const { el, find } = view(fake);
    expect(find("summary").textContent).toContain("two");
    expect(el.querySelector('[role="log"]')).toBeNull();
    const fold = find("details") as HTMLDetailsElement;
    fold.open = true;
    fold.dispatchEvent(new Event("toggle"));
    await vi.advanceTimersByTimeAsync(0);
    expect(find('[role="log"]').textContent).toBe("one\ntwo");
    fake.model.set("logs", ["one", "two", "three"]);
    await vi.advanceTimersByTimeAsync(0);
    expect(find('[role="log"]').textContent).toBe("one\ntwo\nthree");
  });

  test("is not there while nothing is logged", async () => {
    const { el } = view(kernel());
    expect(el.querySelector("details")).toBeNull();
  });
});

test("a turn is announced at once, mere progress only now and then", async () => {
  const fake = kernel({ jobs: [job({ phase: "queued" })] });
  const { find } = view(fake);
  const step = async (part: Parameters<typeof job>[0], ms: number) => {
    fake.model.set("jobs", [job(part)]);
    await vi.advanceTimersByTimeAsync(ms);
    return find('[role="status"]').textContent;
  };
  expect(await step({ text: "step 1" }, 100)).toBe("step 1");
  expect(await step({ text: "step 2" }, 100)).toBe("step 1");
  expect(await step({ text: "step 3" }, ANNOUNCE_EVERY_MS)).toBe("step 3");
  expect(await step({ text: "done", phase: "succeeded" }, 100)).toBe("done");
});
