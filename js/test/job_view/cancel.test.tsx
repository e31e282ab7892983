import { expect, test, vi } from "vitest";
import { ACK_TIMEOUT_MS } from "../../src/model/cancelling";
import { onFakePage } from "../page";
import { job, kernel, view } from "./kernel";

onFakePage();

const late = () => vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS + 1);
const withInterrupt = (interrupt = vi.fn(async () => {})) => ({
  interrupt,
  manager: { kernel: { interrupt } },
});

test("the button answers at once and asks only once", async () => {
  const fake = kernel();
  const { button } = view(fake);
  button("Cancel").click();
  await vi.advanceTimersByTimeAsync(0);
  button("Cancelling…").click();
  expect(fake.sent.filter((sent) => (sent as { kind: string }).kind === "cancel")).toEqual([
    { kind: "cancel", job: null },
  ]);
});

test("an acknowledged cancel leaves the kernel alone", async () => {
  const { interrupt, manager } = withInterrupt();
  const fake = kernel({ blocking: true }, manager);
  const { button } = view(fake);
  button("Cancel").click();
  fake.say({ kind: "ack", of: "cancel" });
  await late();
  expect(interrupt).not.toHaveBeenCalled();
});

test("a blocking cell that does not hear is interrupted, once", async () => {
  const { interrupt, manager } = withInterrupt();
  const { button } = view(kernel({ blocking: true }, manager));
  button("Cancel").click();
  await vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS - 1);
  expect(interrupt).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(ACK_TIMEOUT_MS);
  expect(interrupt).toHaveBeenCalledOnce();
});

test("a cell that does not wait for this call is never interrupted: the page says what to do", async () => {
  const { interrupt, manager } = withInterrupt();
  const { button, text } = view(kernel({ blocking: false }, manager));
  button("Cancel").click();
  await late();
  expect(interrupt).not.toHaveBeenCalled();
  expect(text()).toContain("The kernel is busy");
});

test("cancelling one of several jobs never interrupts the others", async () => {
  const { interrupt, manager } = withInterrupt();
  const fake = kernel({ blocking: true, jobs: [job({ id: "a" }), job({ id: "b" })] }, manager);
  const { button } = view(fake);
  button("Cancel picture 1 of 2").click();
  await late();
  expect(interrupt).not.toHaveBeenCalled();
});

test("a host without a kernel to interrupt, or one that refuses, is told of in words", async () => {
  const refusing = withInterrupt(vi.fn(() => Promise.reject(new Error("no"))));
  for (const manager of [{}, refusing.manager]) {
    const { button, text } = view(kernel({ blocking: true }, manager));
    button("Cancel").click();
    await late();
    expect(text()).toContain("The kernel is busy");
  }
});

test("a view that is gone interrupts nothing", async () => {
  const { interrupt, manager } = withInterrupt();
  const shown = view(kernel({ blocking: true }, manager));
  shown.button("Cancel").click();
  shown.end();
  await late();
  expect(interrupt).not.toHaveBeenCalled();
});
