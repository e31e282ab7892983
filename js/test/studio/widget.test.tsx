import { describe, expect, test, vi } from "vitest";
import contract from "../../../src/ipyimagegen/notebook/widgets/contract/studio.json";
import { countListeners } from "../browser";
import { bytes, onFakePage } from "../page";
import {
  control,
  GUIDANCE,
  IMAGE,
  initialized,
  job,
  kernel,
  PROMPT,
  piece,
  SEED,
  settle,
  view,
} from "./kernel";

const page = onFakePage();
const EVIL = "<img src=x onerror=alert(1)>\u202e\u0000";

describe("the contract", () => {
  test("the widget asks for the contract's traits and no others", () => {
    const fake = kernel();
    const asked = vi.spyOn(fake.model, "get");
    initialized(fake).end();
    view(fake);
    expect([...new Set(asked.mock.calls.map(([name]) => String(name)))].sort()).toEqual(
      Object.keys(contract.traits).sort(),
    );
  });

  test("what the page sends has the contract's fields, of the contract's types", async () => {
    const fake = kernel({
      controls: [PROMPT, IMAGE],
      params: { unheard_of: 1 },
      newest: [piece()],
      jobs: [job(), job({ id: "2", call: "2", phase: "failed" })],
    });
    const { find, button, type, all } = view(fake);
    await settle(50);
    await type("textarea", "a fox");
    button("One picture more").click();
    button("Run again").click();
    button("Reset all").click();
    button("Cancel").click();
    find(".ig-picker__opener").click();
    await settle();
    await type('[role="combobox"]', "other/model");
    find('[role="combobox"]').dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    fake.say({ ...contract.toPage.frame, job: "job-1" }, [bytes()]);
    page.browser.decodes[0]?.resolve();
    await settle();
    all(".ig-tile")[0]?.click();
    await settle();
    button("Dismiss").click();
    all(".ig-tile").at(-1)?.click();
    await settle();
    for (const verb of ["Star", "Download", "Use as input: Start image"]) button(verb).click();
    const input = find<HTMLInputElement>("input[type=file]");
    Object.defineProperty(input, "files", { value: [new File(["x"], "a.png", { type: "image/png" })] });
    input.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    const shape = (message: object) =>
      new Map(Object.entries(message).map(([name, value]) => [name, typeof value]));
    const sent = new Map(
      fake.sent.map((message) => [(message as { kind: string }).kind, shape(message as object)]),
    );
    expect([...sent.keys()].sort()).toEqual(Object.keys(contract.toKernel).sort());
    for (const [kind, example] of Object.entries(contract.toKernel)) {
      expect([kind, sent.get(kind)]).toEqual([kind, shape(example)]);
    }
  });
});

describe("the form", () => {
  test("shows what the schema has, by its names, and nothing else", () => {
    const { all } = view(kernel({ controls: [PROMPT, GUIDANCE, SEED] }));
    expect(all("[data-param]").map((one) => one.dataset["param"])).toEqual([
      "prompt",
      "guidance_scale",
      "seed",
    ]);
  });

  test("every look is drawn, named and described", () => {
    const looks = ["area", "line", "slider", "number", "choice", "switch", "json"] as const;
    const controls = looks.map((look) =>
      control({
        name: look,
        title: `A ${look}`,
        look,
        choices: look === "choice" ? ["a", "b"] : [],
        description: "Why.",
      }),
    );
    const { find } = view(kernel({ controls }));
    for (const look of looks) {
      const label = find<HTMLLabelElement>(`[data-param="${look}"] label`);
      const named = find(`[id="${label.htmlFor}"]`);
      const told = named.getAttribute("aria-describedby")?.split(" ")[0];
      expect(find(`[id="${told}"]`).textContent).toBe("Why.");
    }
  });

  test("a problem stands at its control, and goes with it", async () => {
    const fake = kernel({
      params: { guidance_scale: 200 },
      problems: { guidance_scale: "200 is outside 0 to 20" },
    });
    const { find, all } = view(fake);
    expect(find(".ig-field__problem").textContent).toBe("200 is outside 0 to 20");
    expect(find('[data-param="guidance_scale"] input').getAttribute("aria-invalid")).toBe("true");
    fake.model.set("problems", {});
    await settle();
    expect(all(".ig-field__problem")).toHaveLength(0);
  });

  test("what is missing is a problem only after a run was tried", async () => {
    const fake = kernel({
      controls: [{ ...PROMPT, required: true }],
      problems: { prompt: "is required (text)" },
    });
    const { all, button } = view(fake);
    expect(all(".ig-field__problem")).toHaveLength(0);
    button("Run").click();
    await settle();
    expect(all(".ig-field__problem").map((one) => one.textContent)).toEqual(["is required (text)"]);
    expect(document.activeElement?.tagName).toBe("TEXTAREA");
  });

  test("a changed control says so and goes back to its default", async () => {
    const fake = kernel({ params: { guidance_scale: 3 } });
    const { text, button } = view(fake);
    expect(text()).toContain("(changed)");
    button("Reset Guidance").click();
    await settle();
    expect(fake.heard("set").at(-1)?.values).toEqual({ guidance_scale: null });
  });

  test("everything is reset at once, after what was typed, and the keyboard goes on to the way back", async () => {
    const fake = kernel({ params: { prompt: "a fox", guidance_scale: 3 } });
    const { button, find, all, type } = view(fake);
    const labels = () => all(".ig-form__head button").map((one) => one.textContent?.trim());
    expect(labels()).toEqual(["Reset all"]);
    await type("textarea", "a boat");
    button("Reset all").focus();
    button("Reset all").click();
    expect(fake.sent.slice(-2)).toEqual([
      expect.objectContaining({ kind: "set", values: { prompt: "a boat" } }),
      { kind: "reset", undo: false },
    ]);
    fake.model.set("params", { prompt: "a boat" });
    fake.model.set("was_reset", ["guidance_scale"]);
    await settle();
    expect(labels()).toEqual(["Undo reset"]);
    expect(find('.ig-form__head [role="status"]').textContent).toBe("Back to the default: Guidance.");
    expect(document.activeElement).toBe(button("Undo reset"));
    button("Undo reset").click();
    expect(fake.sent.at(-1)).toEqual({ kind: "reset", undo: true });
    fake.model.set("params", { prompt: "a boat", guidance_scale: 3 });
    fake.model.set("was_reset", []);
    await settle();
    expect(labels()).toEqual(["Reset all"]);
    expect(document.activeElement).toBe(button("Reset all"));
  });

  test("a value from Python moves the control, also one that is being edited", async () => {
    const fake = kernel();
    const { find, type } = view(fake);
    await type('[data-param="guidance_scale"] input[type=text]', "3");
    await settle();
    fake.model.set("params", { guidance_scale: 11 });
    await settle();
    expect(find<HTMLInputElement>('[data-param="guidance_scale"] input[type=text]').value).toBe("11");
    expect(find<HTMLInputElement>('[data-param="guidance_scale"] input[type=range]').value).toBe("11");
  });

  test("half-written numbers stay as they are written", async () => {
    const fake = kernel();
    const { find, type } = view(fake);
    await type('[data-param="guidance_scale"] input[type=text]', "3.");
    await settle();
    expect(fake.model.get("params")).toEqual({ guidance_scale: 3 });
    expect(find<HTMLInputElement>('[data-param="guidance_scale"] input[type=text]').value).toBe("3.");
  });

  test("arrow keys move a number by its step", async () => {
    const fake = kernel();
    const { press } = view(fake);
    await press('[data-param="guidance_scale"] input[type=text]', "ArrowUp");
    await settle();
    expect(fake.heard("set").at(-1)?.values).toEqual({ guidance_scale: 8 });
  });

  test("Ctrl+Enter runs, after what was typed, and no key goes on to the notebook", async () => {
    const fake = kernel();
    const { el, type, press } = view(fake);
    const outside = vi.fn();
    el.parentElement?.addEventListener("keydown", outside);
    await type("textarea", "a fox");
    await press("textarea", "Enter", { ctrlKey: true });
    expect(fake.sent.slice(-2)).toMatchObject([
      { kind: "set", values: { prompt: "a fox" } },
      { kind: "run" },
    ]);
    expect(outside).not.toHaveBeenCalled();
    el.parentElement?.removeEventListener("keydown", outside);
  });

  test("JupyterLab's shortcuts rest at our controls, but for those with Ctrl", async () => {
    const { find, press } = view(kernel());
    const mark = () => find("input[type=range]").hasAttribute("data-lm-suppress-shortcuts");
    await press("input[type=range]", "ArrowRight");
    expect(mark()).toBe(true);
    await press("input[type=range]", "s", { ctrlKey: true });
    expect(mark()).toBe(false);
  });

  test("a list of things grows by copies of its last, and each can be taken away", async () => {
    const item = control({ ...PROMPT, name: "loras", role: "", look: "json", kind: "object" });
    const loras = control({ name: "loras", title: "LoRAs", look: "list", kind: "list", default: null, item });
    const fake = kernel({ controls: [loras], params: { loras: [{ path: "a", scale: 0.8 }] } });
    const { button, type, all } = view(fake);
    button("Add to LoRAs").click();
    await settle();
    expect(all("textarea").map((one) => (one as HTMLTextAreaElement).value)).toEqual(
      Array(2).fill('{"path":"a","scale":0.8}'),
    );
    await type('[aria-label="LoRAs 2"]', '{"path": "b"}');
    await settle();
    expect(fake.model.get("params")).toEqual({ loras: [{ path: "a", scale: 0.8 }, { path: "b" }] });
    button("Remove LoRAs 1").click();
    await settle();
    expect(fake.model.get("params")).toEqual({ loras: [{ path: "b" }] });
  });

  describe("a list of objects with fields", () => {
    const field = (part: Parameters<typeof control>[0]) =>
      control({ ...PROMPT, role: "", look: "line", ...part });
    const path = field({ name: "path", title: "Path", required: true });
    const size = field({ name: "size", title: "Size", kind: "integer", look: "number" });
    const crop = field({ name: "crop", title: "Crop", kind: "object", look: "object", fields: [size] });
    const scale = control({ name: "scale", title: "Scale", default: 1, minimum: 0, maximum: 2, step: 0.1 });
    const tags = field({
      name: "tags",
      title: "Tags",
      kind: "list",
      look: "list",
      item: field({ name: "tags" }),
    });
    const item = field({ name: "loras", kind: "object", look: "object", fields: [path, scale, crop, tags] });
    const loras = field({ name: "loras", title: "LoRAs", kind: "list", look: "list", item });
    const start = { controls: [loras], params: { loras: [{ path: "a", scale: 0.8 }, { path: "b" }] } };
    const at = (place: string) => `[data-param="loras${place}"]`;
    const typed = async (fake: ReturnType<typeof kernel>) => {
      await settle();
      return fake.model.get("params")["loras"];
    };

    test("has a control for each field, with its own default and way back", async () => {
      const fake = kernel(start);
      const { find, type, button, all } = view(fake);
      const shown = (place: string) => find<HTMLInputElement>(`${at(place)} input[type=text]`).value;
      expect([shown("[0].scale"), shown("[1].scale"), shown("[1].path")]).toEqual(["0.8", "1", "b"]);
      expect(
        all('[role="group"][aria-label^="LoRAs "]').map((one) => one.getAttribute("aria-label")),
      ).toEqual(["LoRAs 1", "LoRAs 2"]);
      await type(`${at("[1].scale")} input[type=range]`, "1.5");
      expect(await typed(fake)).toEqual([
        { path: "a", scale: 0.8 },
        { path: "b", scale: 1.5 },
      ]);
      button("Reset Scale").click();
      expect(await typed(fake)).toEqual([{ path: "a" }, { path: "b", scale: 1.5 }]);
      await type(`${at("[0].crop.size")} input`, "8");
      await type(`${at("[0].path")} input`, "");
      expect(await typed(fake)).toEqual([{ crop: { size: 8 } }, { path: "b", scale: 1.5 }]);
      await type(`${at("[0].crop.size")} input`, "");
      expect(await typed(fake)).toEqual([{}, { path: "b", scale: 1.5 }]);
    });

    test("grows by an empty one, and the keyboard goes along", async () => {
      const fake = kernel(start);
      const { find, button, type, el } = view(fake);
      button("Add to LoRAs").click();
      expect(await typed(fake)).toEqual([{ path: "a", scale: 0.8 }, { path: "b" }, {}]);
      expect(document.activeElement).toBe(find(`${at("[2].path")} input`));
      el.querySelectorAll<HTMLElement>('[aria-label="Add to Tags"]')[2]?.click();
      await settle();
      await type('[aria-label="Tags 1"]', "dog");
      expect(await typed(fake)).toEqual([{ path: "a", scale: 0.8 }, { path: "b" }, { tags: ["dog"] }]);
      button("Remove LoRAs 1").click();
      expect(await typed(fake)).toEqual([{ path: "b" }, { tags: ["dog"] }]);
      expect(document.activeElement).toBe(button("Add to LoRAs"));
    });

    test("a problem stands at the field that has it, and Run goes there", async () => {
      const problems = {
        "loras[0].scale": "3 is outside 0 to 2",
        "loras[1].path": "is required (text)",
        "loras[1].tags[0]": "has half of a character",
      };
      const fake = kernel({
        ...start,
        params: { loras: [{ path: "a", scale: 3 }, { tags: ["?"] }] },
        problems,
      });
      const { all, button, find } = view(fake);
      const told = () => all(".ig-field__problem").map((one) => one.textContent);
      expect(told()).toEqual([problems["loras[0].scale"], problems["loras[1].tags[0]"]]);
      expect(find('[aria-label="Tags 1"]').getAttribute("aria-invalid")).toBe("true");
      button("Run").click();
      await settle();
      expect(told()).toEqual(Object.values(problems));
      expect(document.activeElement).toBe(find(`${at("[0].scale")} input[type=text]`));
    });
  });

  describe("an input picture", () => {
    const MASK = { ...IMAGE, name: "mask", kind: "mask", title: "Mask" };
    const held = contract.items.medium;

    test.each([
      ["by its content", held, { key: held.key, url: "" }],
      [
        "by its address",
        { ...held, key: "", url: "https://a.example/b.png" },
        { key: "", url: "https://a.example/b.png" },
      ],
    ])("becomes the mask %s", (_, image, source) => {
      const fake = kernel({ controls: [IMAGE, MASK], params: { image, mask: held } });
      const { button, all } = view(fake);
      button("Use as mask, Start image").click();
      expect(fake.heard("use")).toEqual([{ kind: "use", name: "mask", index: 0, ...source }]);
      expect(all('[aria-label^="Use as mask"]')).toHaveLength(1);
    });

    test("is no mask where it cannot be read, or the model takes none", () => {
      const broken = { ...held, problem: "is not a picture" };
      for (const [controls, image] of [
        [[IMAGE], held],
        [[IMAGE, MASK], broken],
      ] as const) {
        const { all } = view(kernel({ controls: [...controls], params: { image } }));
        expect(all('[aria-label^="Use as mask"]')).toHaveLength(0);
      }
    });
  });

  test("what is wrong within raw JSON is told with its place", () => {
    const matrix = control({ ...PROMPT, name: "matrix", role: "", look: "json", kind: "list" });
    const fake = kernel({
      controls: [matrix],
      params: { matrix: [["x"]] },
      problems: { "matrix[0][0]": "is not a number" },
    });
    expect(view(fake).find(".ig-field__problem").textContent).toBe("matrix[0][0]: is not a number");
  });

  test("a list whose default is not empty can be emptied", async () => {
    const item = control({ ...PROMPT, name: "tags", role: "", look: "line" });
    const tags = control({
      ...PROMPT,
      name: "tags",
      title: "Tags",
      role: "",
      look: "list",
      default: ["a"],
      item,
    });
    const fake = kernel({ controls: [tags] });
    view(fake).button("Remove Tags 1").click();
    await settle();
    expect(fake.heard("set").at(-1)?.values).toEqual({ tags: [] });
  });

  test("Alt and arrows go through earlier prompts and back to the draft", async () => {
    const fake = kernel({ prompts: ["newest", "oldest"], params: { prompt: "a draft" } });
    const { press, find } = view(fake);
    const shown = () => find<HTMLTextAreaElement>("textarea").value;
    for (const [key, text] of [
      ["ArrowUp", "newest"],
      ["ArrowUp", "oldest"],
      ["ArrowUp", "oldest"],
      ["ArrowDown", "newest"],
      ["ArrowDown", "a draft"],
    ] as const) {
      await press("textarea", key, { altKey: true });
      await settle();
      expect(shown()).toBe(text);
    }
  });

  test("a prompt that comes to the list meanwhile does not move one on", async () => {
    const fake = kernel({ prompts: ["newest", "oldest"], params: { prompt: "a draft" } });
    const { press, find } = view(fake);
    await press("textarea", "ArrowUp", { altKey: true });
    fake.model.set("prompts", ["newer yet", "newest", "oldest"]);
    await settle();
    await press("textarea", "ArrowUp", { altKey: true });
    await settle();
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("oldest");
  });

  test("what is written over an earlier prompt is the new draft", async () => {
    const fake = kernel({ prompts: ["newest", "oldest"], params: { prompt: "a draft" } });
    const { press, type, find } = view(fake);
    await press("textarea", "ArrowUp", { altKey: true });
    await type("textarea", "newest, at night");
    await press("textarea", "ArrowUp", { altKey: true });
    await press("textarea", "ArrowDown", { altKey: true });
    await settle();
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("newest, at night");
  });
});

test("Enter chooses the model that is marked, also when more come before it", async () => {
  const models = (...ids: string[]) => ids.map((id) => ({ ...contract.items.catalogue, id, title: id }));
  const fake = kernel({ model: "a/1", catalogue: models("a/1", "a/2") });
  const { find, press } = view(fake);
  find(".ig-picker__opener").click();
  await settle();
  await press('[role="combobox"]', "ArrowDown");
  await settle();
  fake.model.set("catalogue", models("_/0", "_/1", "a/1", "a/2"));
  await settle();
  expect(find(".ig-models__row.ig-is-active").textContent).toContain("a/2");
  await press('[role="combobox"]', "Enter");
  expect(fake.heard("choose")).toEqual([{ kind: "choose", model: "a/2" }]);
});

test("each press counts, however late the kernel tells of the one before", async () => {
  const fake = kernel();
  const { button } = view(fake);
  button("One picture more").click();
  button("One picture more").click();
  expect(fake.heard("count")).toEqual([
    { kind: "count", by: 1 },
    { kind: "count", by: 1 },
  ]);
});

test("what is cancelled all together takes no later run along", async () => {
  const fake = kernel({ jobs: [job(), job({ id: "2", call: "2" })] });
  const { button, all } = view(fake);
  button("Cancel all 2").click();
  expect(fake.heard("cancel").map((said) => said.job)).toEqual(["job-1", "2"]);
  fake.say({ ...contract.toPage.ack, of: "cancel" });
  fake.model.set("jobs", [job({ id: "3", call: "3" })]);
  await settle();
  expect(all(".ig-cancel button").map((one) => one.textContent)).toEqual(["Cancel"]);
});

test("a file that is stopped on its way goes no further", async () => {
  const fake = kernel({ controls: [PROMPT, IMAGE] });
  const { find, button } = view(fake);
  const input = find<HTMLInputElement>("input[type=file]");
  const large = new File([new Uint8Array(3 << 20)], "a.png", { type: "image/png" });
  Object.defineProperty(input, "files", { value: [large] });
  input.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  const [chunk] = fake.heard("upload");
  button("Stop Start image").click();
  fake.say({ ...contract.toPage.received, view: chunk?.view, id: chunk?.id, bytes: 1 << 20, problem: "" });
  await settle();
  expect(fake.heard("upload")).toHaveLength(1);
  expect(fake.heard("set").at(-1)?.values).toEqual({ image: null });
});

describe("the stage", () => {
  test.each([
    ["jobs", "newest"],
    ["newest", "jobs"],
  ] as const)(
    "a picture that was chosen stays when another is done, told as %s then %s",
    async (...names) => {
      const fake = kernel({
        jobs: [job()],
        newest: [piece({ key: "old.0", call: "old", alt: "an old one" })],
      });
      const { all } = view(fake);
      await settle();
      all(".ig-tile").at(-1)?.click();
      await settle();
      const made = piece({ key: "job-1.0", call: "job-1", alt: "a new one" });
      const now = { jobs: [], newest: [...fake.model.get("newest"), made] };
      for (const name of names) fake.model.set(name, now[name]);
      await settle();
      const chosen = all(".ig-tile").filter((tile) => tile.getAttribute("aria-selected") === "true");
      expect(chosen.map((tile) => tile.getAttribute("aria-label"))).toEqual([
        expect.stringContaining("an old one"),
      ]);
    },
  );

  test("tells before the first picture what the model is", () => {
    expect(view(kernel()).text()).toContain("Paints a picture from the words it knows.");
  });

  test("shows a call, its times apart, and hands over to the picture", async () => {
    const fake = kernel({ jobs: [job()] });
    const { text, all, find } = view(fake);
    await settle(50);
    expect(text()).toContain("waited 4.0 s, runs 8.0 s");
    fake.model.set("newest", [piece({ key: "job-1.0", call: "job-1" })]);
    fake.model.set("jobs", []);
    await settle();
    expect(all(".ig-meter")).toHaveLength(0);
    const asked = fake.heard("want");
    expect(asked.map(({ px }) => px).sort((a, b) => a - b)).toEqual([160, 640]);
    fake.say({ kind: "picture", key: "job-1.0", px: 640, type: "image/png", problem: "" }, [bytes()]);
    await settle();
    expect(find<HTMLImageElement>(".ig-place__look img").alt).toBe("a lighthouse at dusk");
  });

  test("pictures that were put aside stand after the newest, in every view", async () => {
    const made = (number: number) =>
      piece({ key: `${number}.0`, call: `${number}`, alt: `picture ${number}` });
    const fake = kernel({ earlier: [made(1), made(2)], newest: [made(3)] });
    const first = view(fake);
    const strip = ({ all }: typeof first) => all(".ig-tile").map((tile) => tile.title.split(",")[0]);
    await settle();
    fake.model.set("earlier", [made(1), made(2), made(3)]);
    fake.model.set("newest", [made(4)]);
    await settle();
    const expected = [4, 3, 2, 1].map((number) => `picture ${number}`);
    expect([strip(first), strip(view(fake))]).toEqual([expected, expected]);
  });

  test("a failure stands where the picture would, and can be dismissed", async () => {
    const fake = kernel({ jobs: [job({ phase: "failed", text: "failed", error: "Content filter" })] });
    const { find, button } = view(fake);
    await settle(50);
    expect(find(".ig-stage__error").textContent).toContain("Content filter");
    button("Dismiss").click();
    expect(fake.heard("dismiss")).toEqual([{ kind: "dismiss", job: "job-1" }]);
  });

  test("a text answer is text", async () => {
    const { find } = view(kernel({ newest: [piece({ type: "text/plain", text: EVIL })] }));
    await settle(50);
    expect(find(".ig-place__text").textContent).toBe(EVIL);
  });

  test("the strip goes by arrow keys, stars by s, deletes by Delete, and undoes", async () => {
    const fake = kernel({ newest: [piece({ key: "1.0" }), piece({ key: "2.0" })] });
    const { press, all, button } = view(fake);
    await settle(50);
    const chosen = () => all(".ig-tile").map((one) => one.getAttribute("aria-selected"));
    expect(chosen()).toEqual(["true", "false"]);
    await press('.ig-tile[tabindex="0"]', "ArrowRight");
    expect(chosen()).toEqual(["false", "true"]);
    await press('.ig-tile[tabindex="0"]', "s");
    await press('.ig-tile[tabindex="0"]', "Delete");
    expect(fake.heard("act")).toEqual([
      { kind: "act", what: "star", key: "1.0" },
      { kind: "act", what: "delete", key: "1.0" },
    ]);
    button("Undo").click();
    expect(fake.heard("act").at(-1)).toEqual({ kind: "act", what: "undelete", key: "" });
  });
});

describe("the keyboard's place in the strip", () => {
  const waiting = (call: string) => job({ id: call, call });
  const made = (call: string) => piece({ key: `${call}.0`, call });
  const focused = (tiles: HTMLElement[]) => tiles.indexOf(document.activeElement as HTMLElement);

  test.each([
    { still: ["9"], tiles: 3, place: 1 }, // another call waits before it
    { still: [], tiles: 2, place: 0 },
  ])(
    "goes to the picture that the watched call became: $place of $tiles",
    async ({ still, tiles, place }) => {
      const fake = kernel({ jobs: ["3", ...still].map(waiting), newest: [made("1")] });
      const { find, all } = view(fake);
      await settle(50);
      const mine = all(".ig-tile").at(-2);
      mine?.focus();
      mine?.click();
      await settle(50);
      expect(mine?.getAttribute("aria-selected")).toBe("true");
      fake.model.set("jobs", still.map(waiting));
      fake.model.set("newest", [made("1"), made("3")]);
      await settle(50);
      expect(all(".ig-tile")).toHaveLength(tiles);
      expect(focused(all(".ig-tile"))).toBe(place);
      expect(document.activeElement).toBe(find('[aria-selected="true"]'));
    },
  );

  test("goes to the neighbour of a picture that was deleted", async () => {
    const fake = kernel({ newest: ["1", "2", "3"].map(made) });
    const { find, all } = view(fake);
    await settle(50);
    all(".ig-tile")[1]?.focus();
    all(".ig-tile")[1]?.click();
    await settle(50);
    fake.model.set("newest", ["1", "3"].map(made));
    await settle(50);
    expect(focused(all(".ig-tile"))).toBe(0);
    expect(document.activeElement).toBe(find('[aria-selected="true"]'));
  });

  test("is left alone where the person is elsewhere", async () => {
    const fake = kernel({ jobs: [waiting("3")], newest: [made("1")] });
    const { find, all } = view(fake);
    await settle(50);
    find("textarea").focus();
    fake.model.set("jobs", []);
    fake.model.set("newest", [made("1"), made("3")]);
    await settle(50);
    expect(all(".ig-tile")).toHaveLength(2);
    expect(document.activeElement).toBe(find("textarea"));
  });
});

test("words from outside are text, never markup, whatever they are", async () => {
  const { el, text } = view(
    kernel({
      about: { ...contract.items.about, title: EVIL, description: EVIL },
      catalogue: [{ ...contract.items.catalogue, title: EVIL }],
      controls: [control({ title: EVIL, description: EVIL })],
      problems: { guidance_scale: EVIL },
      params: { guidance_scale: EVIL },
      fault: EVIL,
      notice: EVIL,
      logs: [EVIL],
      newest: [piece({ alt: EVIL, changes: [EVIL] })],
    }),
  );
  await settle();
  expect(el.querySelector("img[src=x]")).toBeNull();
  expect(text().split(EVIL).length - 1).toBeGreaterThanOrEqual(5);
});

test("text that is written takes its direction from what it says", () => {
  const line = control({ name: "style", look: "line", kind: "text" });
  const area = control({ name: "notes", look: "area", kind: "text" });
  const shown = view(kernel({ controls: [PROMPT, line, area] }));
  const written = shown.all('textarea, input[type="text"]');
  expect(written.map((one) => one.getAttribute("dir"))).toEqual(["auto", "auto", "auto"]);
});

test("no two elements of a page have one id, however many studios and painters it shows", async () => {
  const fakes = [
    kernel({ controls: [PROMPT, GUIDANCE, IMAGE, SEED] }),
    kernel({ controls: [GUIDANCE, PROMPT] }),
  ];
  for (const fake of fakes) view(fake);
  await settle();
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(6);
  expect(new Set(ids).size).toBe(ids.length);
  for (const label of document.querySelectorAll<HTMLLabelElement>("label[for]")) {
    expect(label.closest(".ig-studio")?.contains(document.getElementById(label.htmlFor))).toBe(true);
  }
});

test("fifty views come and go and leave nothing behind", async () => {
  const listeners = [countListeners(document), countListeners(window)];
  const fake = kernel({ controls: [PROMPT, IMAGE, GUIDANCE], jobs: [job()], newest: [piece()] });
  for (let i = 0; i < 50; i += 1) {
    const shown = view(fake);
    fake.say({ kind: "frame", job: "job-1", seq: i, step: i, ask: true }, [bytes()]);
    if (i % 2 === 0) page.browser.decodes.at(-1)?.resolve();
    await shown.type("textarea", `a fox ${i}`);
    await settle(40);
    shown.all(".ig-tile").at(-1)?.click();
    await settle(40);
    for (const px of [160, 640]) {
      fake.say({ kind: "picture", key: piece().key, px, type: "image/png", problem: "" }, [bytes()]);
    }
    if (i % 3 === 0) shown.button("Download").click();
    if (i % 5 === 0) shown.button("Enlarge").click();
    await settle(20);
    shown.end();
    expect(shown.el.childElementCount).toBe(0);
  }
  for (const { resolve } of page.browser.decodes) resolve();
  await settle(30_000);
  expect(fake.listenerCount()).toBe(0);
  expect(listeners.map((count) => count())).toEqual([0, 0]);
  expect(page.browser.observing()).toBe(0);
  expect(page.browser.urls.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("a studio stands in for its picture until it is closed, and then gives it back", async () => {
  const fake = kernel({ sheet_mark: "/9j/mark" });
  const output = document.createElement("div");
  output.innerHTML = '<div><img src="data:image/jpeg;base64,/9j/markAAAA"></div>';
  document.body.append(output);
  const listening = fake.listenerCount();
  const life = initialized(fake);
  await settle(50);
  expect(output.querySelector(".ig-studio")).not.toBeNull();
  expect(fake.heard("hello")).not.toEqual([]);
  expect((output.firstElementChild as HTMLElement).style.display).toBe("none");
  life.end();
  expect(output.children.length).toBe(1);
  expect((output.firstElementChild as HTMLElement).style.display).toBe("");
  expect(fake.listenerCount()).toBe(listening);
  output.remove();
});

test("a studio says when its kernel has gone, and takes it back when the kernel speaks", async () => {
  const fake = kernel({ jobs: [job({ model: "segmind/flux-dev" })] });
  const { el, text, find } = view(fake);
  fake.cut();
  await settle(50);
  const run = find(".ig-primary");
  run.click();
  expect([run.getAttribute("aria-disabled"), fake.heard("run")]).toEqual(["true", []]);
  expect(el.querySelector("[role=alert]")?.textContent).toContain("Run this cell again.");
  expect(text()).toContain("last heard: running");
  expect(text()).toContain('ig.attach("job-1") collects what was under way.');
  expect(text()).not.toMatch(/Cancel|Dismiss| left/);
  fake.say({ kind: "said", text: "" });
  await settle(50);
  expect(el.querySelector("[role=alert]")).toBeNull();
  expect(text()).toMatch(/Cancel/);
  run.click();
  expect(fake.heard("run")).toHaveLength(1);
});
