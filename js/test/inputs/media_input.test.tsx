import { render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MediaInput, type MediaInputProps, type MediaValue } from "../../src/components/inputs/MediaInput";
import { RESULT_TYPE } from "../../src/components/inputs/picking";
import { fakeBrowser } from "../browser";
import { file, transfer } from "./transfer";

let el: HTMLElement;
let browser: ReturnType<typeof fakeBrowser>;

beforeEach(() => {
  vi.useFakeTimers();
  browser = fakeBrowser();
  el = document.createElement("div");
  document.body.append(el);
});

afterEach(() => {
  render(null, el);
  el.remove();
  vi.useRealTimers();
});

const value = (part: Partial<MediaValue> = {}): MediaValue => ({
  name: "lighthouse.png",
  size: 1_234_567,
  width: 1024,
  height: 768,
  thumb: new Blob(["x"]),
  ...part,
});

async function show(part: Partial<MediaInputProps> = {}) {
  const props = {
    label: "Image",
    kind: "image" as const,
    accept: "image/png,image/jpeg",
    value: null,
    busy: null,
    onPick: vi.fn(),
    onRemove: vi.fn(),
    ...part,
  };
  render(<MediaInput {...props} />, el);
  await vi.advanceTimersByTimeAsync(50);
  return props;
}

const find = <T extends HTMLElement>(selector: string): T => {
  const found = el.querySelector<T>(selector);
  if (found === null) throw new Error(`nothing matches ${selector}`);
  return found;
};
const group = () => find('[role="group"]');
const named = (label: string) => find<HTMLButtonElement>(`button[aria-label="${label}"]`);
const alert = () => find('[role="alert"]').textContent;

async function transferred(
  type: string,
  key: "dataTransfer" | "clipboardData",
  data: DataTransfer,
  on = group(),
) {
  const event = Object.assign(new Event(type, { bubbles: true, cancelable: true }), { [key]: data });
  on.dispatchEvent(event);
  await vi.advanceTimersByTimeAsync(50);
  return event;
}

test("has its label and its description", async () => {
  await show({ description: "Where to start from." });
  const words = (attribute: string) => find(`[id="${group().getAttribute(attribute)}"]`).textContent;
  expect(words("aria-labelledby")).toBe("Image");
  expect(words("aria-describedby")).toBe("Where to start from.");
});

test("shows name, pixels and size of what it holds, and its thumbnail", async () => {
  await show({ value: value() });
  expect(el.textContent).toContain("lighthouse.png");
  expect(el.textContent).toContain("1024 × 768 px · 1.2 MB");
  expect(find<HTMLImageElement>("img").alt).toBe("Thumbnail of lighthouse.png");
});

test("leaves out what is not known", async () => {
  await show({ value: value({ width: 0, height: 0, size: 0, thumb: null }) });
  expect(find(".ig-media__facts").textContent).toBe("");
  expect(el.querySelector("img")).toBeNull();
});

test("takes a dropped file", async () => {
  const { onPick } = await show();
  const png = file("a.png", "image/png");
  const over = await transferred("dragover", "dataTransfer", transfer([png]));
  expect(over.defaultPrevented).toBe(true);
  expect(group().className).toContain("ig-is-taking");
  await transferred("drop", "dataTransfer", transfer([png]));
  expect(onPick).toHaveBeenCalledExactlyOnceWith(png);
  expect(group().className).not.toContain("ig-is-taking");
});

test("says while the drag is in the air that it will refuse, and after the drop why it did", async () => {
  const { onPick } = await show();
  const text = transfer([file("n.txt", "text/plain")]);
  await transferred("dragover", "dataTransfer", text);
  expect(text.dropEffect).toBe("none");
  expect(find(".ig-media__drop").textContent).toBe("Takes PNG or JPEG.");
  await transferred("dragleave", "dataTransfer", text);
  expect(group().className).not.toContain("ig-is-refusing");
  await transferred("drop", "dataTransfer", text);
  expect(alert()).toBe("Takes PNG or JPEG; n.txt is text/plain.");
  expect(find('input[type="file"]').getAttribute("aria-invalid")).toBe("true");
  expect(onPick).not.toHaveBeenCalled();
});

test("the next good pick clears the refusal", async () => {
  await show();
  await transferred("drop", "dataTransfer", transfer([]));
  expect(alert()).not.toBe("");
  await transferred("drop", "dataTransfer", transfer([file("a.png", "image/png")]));
  expect(alert()).toBe("");
});

test("takes a drag of our own picture by reference", async () => {
  const { onPick } = await show();
  await transferred("drop", "dataTransfer", transfer([], { [RESULT_TYPE]: "job-7/0" }));
  expect(onPick).toHaveBeenCalledExactlyOnceWith({ ref: "job-7/0" });
});

test("takes a pasted picture, even while the address field has the focus", async () => {
  const { onPick } = await show();
  const png = file("image.png", "image/png");
  await transferred("paste", "clipboardData", transfer([png]), find('input[type="url"]'));
  expect(onPick).toHaveBeenCalledExactlyOnceWith(png);
});

test("leaves pasted text to the address field", async () => {
  const { onPick } = await show();
  const words = transfer([], { "text/plain": "https://example.com/a.png" });
  const event = await transferred("paste", "clipboardData", words, find('input[type="url"]'));
  expect(event.defaultPrevented).toBe(false);
  expect(onPick).not.toHaveBeenCalled();
  await transferred("paste", "clipboardData", words, find('input[type="file"]'));
  expect(onPick).toHaveBeenCalledExactlyOnceWith({ url: "https://example.com/a.png" });
});

test("takes a typed address by Enter and by its button", async () => {
  const { onPick } = await show();
  const field = find<HTMLInputElement>('input[type="url"]');
  field.value = "example.com";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.advanceTimersByTimeAsync(50);
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await vi.advanceTimersByTimeAsync(50);
  expect(alert()).toContain("https://");
  field.value = "https://example.com/a.png";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.advanceTimersByTimeAsync(50);
  named("Use the address for Image").click();
  expect(onPick).toHaveBeenCalledExactlyOnceWith({ url: "https://example.com/a.png" });
});

test("what travels has a progress bar and can be stopped", async () => {
  const { onRemove } = await show({ busy: 0.42 });
  const bar = find('[role="progressbar"]');
  expect(bar.getAttribute("aria-valuenow")).toBe("42");
  expect(bar.textContent).toBe("Sending, 42 %");
  named("Stop Image").click();
  expect(onRemove).toHaveBeenCalledOnce();
});

test("Remove gives the focus to Browse, which stays", async () => {
  const { onRemove } = await show({ value: value() });
  named("Remove Image").click();
  expect(onRemove).toHaveBeenCalledOnce();
  expect(document.activeElement).toBe(find('input[type="file"]'));
});

test("offers masks only where there is somebody to make them", async () => {
  await show({ value: value() });
  expect(el.querySelectorAll("button")).toHaveLength(1);
  const { onEdit, onUseMask } = await show({ value: value(), onEdit: vi.fn(), onUseMask: vi.fn() });
  named("Edit mask, Image").click();
  named("Use as mask, Image").click();
  expect(onEdit).toHaveBeenCalledOnce();
  expect(onUseMask).toHaveBeenCalledOnce();
  await show({ kind: "mask", onEdit: vi.fn() });
  expect(named("Paint mask, Image").textContent).toBe("Paint mask");
});

test("shows what the kernel has against it, as text", async () => {
  await show({ value: value({ name: "<b>a</b>", error: "<img src=x onerror=alert(1)>" }) });
  expect(alert()).toBe("<img src=x onerror=alert(1)>");
  expect(find(".ig-media__name").textContent).toBe("<b>a</b>");
  expect(el.querySelectorAll("img")).toHaveLength(1);
});

test("disabled, it takes nothing", async () => {
  const { onPick } = await show({ disabled: true, value: value() });
  const event = await transferred("drop", "dataTransfer", transfer([file("a.png", "image/png")]));
  expect(event.defaultPrevented).toBe(false);
  expect(onPick).not.toHaveBeenCalled();
  expect(named("Remove Image").disabled).toBe(true);
});

test("fifty of them come and go, with changing thumbnails, and leave no object URL", async () => {
  for (let i = 0; i < 50; i += 1) {
    await show({ value: value() });
    await show({ value: value() });
    expect(browser.urls.size).toBe(1);
    render(null, el);
  }
  expect(browser.urls.size).toBe(0);
});
