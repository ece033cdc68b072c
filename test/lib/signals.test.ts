/** lib/signals.ts: several signals as one, and nothing left of it on those that live on. */
import { expect, test } from "@jest/globals";
import { getEventListeners } from "node:events";
import { join, longLived, orAborted } from "../../component/lib/signals.js";

test("it ends with the first of the others, for that one's reason", () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const { signal } = join(one.signal, two.signal);
  expect(signal.aborted).toBe(false);
  two.abort("two");
  one.abort("one");
  expect(signal.reason).toBe("two");
});

test("of signals that have ended already, the first counts", () => {
  expect(join(AbortSignal.abort("one"), AbortSignal.abort("two")).signal.reason).toBe("one");
});

test("parted, it hears nothing more, and the others know nothing of it", () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const { signal, part } = join(one.signal, two.signal);
  part();
  one.abort();
  expect(signal.aborted).toBe(false);
  for (const { signal: other } of [one, two]) {
    expect(getEventListeners(other, "abort")).toEqual([]);
    // What AbortSignal.any leaves behind.
    const left = Object.getOwnPropertySymbols(other).map(
      (symbol) => (other as unknown as Record<symbol, unknown>)[symbol],
    );
    expect(left.filter((value) => value instanceof Set && value.size > 0)).toEqual([]);
  }
});

test("any number may listen to what lives long", async () => {
  const warned: Error[] = [];
  const hear = (warning: Error): void => void warned.push(warning);
  process.on("warning", hear);
  try {
    const { signal } = longLived();
    for (let i = 0; i < 50; i++) join(signal);
    await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(signal, "abort")).toHaveLength(50);
    expect(warned).toEqual([]);
  } finally {
    process.off("warning", hear);
  }
});

test("what is waited for, or the signal's reason when that is faster; nothing is left behind", async () => {
  const end = new AbortController();
  await expect(orAborted(Promise.resolve(1), end.signal)).resolves.toBe(1);
  await expect(orAborted(Promise.reject(new Error("no")), end.signal)).rejects.toThrow("no");
  const late = orAborted(new Promise(() => undefined), end.signal);
  end.abort(new Error("over"));
  await expect(late).rejects.toThrow("over");
  await expect(orAborted(Promise.resolve(1), end.signal)).rejects.toThrow("over");
  expect(getEventListeners(end.signal, "abort")).toEqual([]);
});
