import { expect, test, vi } from "vitest";
import { standIn } from "../src/model/stand_in";

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
