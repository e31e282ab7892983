import { expect, test, vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/job_view.json";
import { bytes, onFakePage } from "../page";
import { initialized, job, kernel, view } from "./kernel";

const page = onFakePage();

test("what the page sends has the contract's fields, of the contract's types", async () => {
  const fake = kernel({ jobs: [job({ id: "a" }), job({ id: "b" })] });
  const { button, end } = view(fake);
  button("Cancel picture 1 of 2").click();
  fake.say({ ...contract.toPage.frame, job: "a" }, [bytes()]);
  page.browser.decodes[0]?.resolve();
  await vi.advanceTimersByTimeAsync(100);
  end();
  const shape = (message: object) => Object.entries(message).map(([name, value]) => [name, typeof value]);
  const sent = new Map(
    fake.sent.map((message) => [(message as { kind: string }).kind, shape(message as object)]),
  );
  for (const [kind, example] of Object.entries(contract.toKernel)) {
    expect(new Map(sent.get(kind) as [string, string][])).toEqual(
      new Map(shape(example) as [string, string][]),
    );
  }
  expect([...sent.keys()].sort()).toEqual(Object.keys(contract.toKernel).sort());
});

test("the view asks for the contract's traits and no others", () => {
  const fake = kernel();
  const asked = vi.spyOn(fake.model, "get");
  initialized(fake).end();
  view(fake);
  const names = new Set(asked.mock.calls.map(([name]) => name as string));
  expect([...names].sort()).toEqual(Object.keys(contract.traits).sort());
});
