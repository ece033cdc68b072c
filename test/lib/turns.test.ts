import { expect, test } from "@jest/globals";
import { Turns } from "../../component/lib/turns.js";

/** Work that ends when told to, and says when it began. */
function work(log: string[], name: string): { run: () => Promise<void>; end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { run: () => (log.push(name), ended), end };
}

test("one after the other for one key, side by side for others, at once when nothing is under way", async () => {
  const turns = new Turns<string>(9, 9, (e) => expect(e).toBeUndefined());
  const log: string[] = [];
  const [a1, a2, b1] = [work(log, "a1"), work(log, "a2"), work(log, "b1")];
  expect([turns.take("a", a1.run), turns.take("a", a2.run), turns.take("b", b1.run)]).toEqual([true, true, true]);
  expect(log).toEqual(["a1", "b1"]);
  b1.end();
  a2.end();
  a1.end();
  await turns.idle();
  expect(log).toEqual(["a1", "b1", "a2"]);
  expect(turns.has("a") || turns.has("b")).toBe(false);
});

test("there is no room beyond the bounds, and room again after a turn", async () => {
  const turns = new Turns<string>(2, 3, () => {});
  const all = [work([], ""), work([], ""), work([], ""), work([], "")] as const;
  expect(turns.take("a", all[0].run)).toBe(true);
  expect(turns.take("a", all[1].run)).toBe(true);
  expect(turns.take("a", all[2].run)).toBe(false); // two each
  expect(turns.take("b", all[2].run)).toBe(true);
  expect(turns.take("c", all[3].run)).toBe(false); // three in all
  for (const { end } of all) end();
  await turns.idle();
  expect(turns.take("c", all[3].run)).toBe(true);
  await turns.idle();
});

test("work that throws is reported, and the next goes on", async () => {
  const thrown: unknown[] = [];
  const turns = new Turns<string>(9, 9, (e) => thrown.push(e));
  const log: string[] = [];
  turns.take("a", () => Promise.reject(new Error("first")));
  turns.take("a", () => {
    throw new Error("second");
  });
  turns.take("a", async () => void log.push("third"));
  await turns.idle();
  expect(thrown.map(String)).toEqual(["Error: first", "Error: second"]);
  expect(log).toEqual(["third"]);
});
