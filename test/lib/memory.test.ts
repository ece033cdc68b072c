import { describe, expect, test } from "@jest/globals";
import { Bygones } from "../../component/lib/bygones.js";
import { Counts } from "../../component/lib/counts.js";
import { FakeClock } from "../harness/fake-clock.js";

test("counts go up and down, each by itself", () => {
  const counts = new Counts<string>();
  counts.add("romeo");
  counts.add("romeo", 3);
  counts.add("juliet", 0);
  counts.drop("romeo");
  expect([counts.of("romeo"), counts.of("juliet"), counts.of("nurse")]).toEqual([3, 0, 0]);
  counts.clear();
  counts.drop("romeo"); // one that was added before
  expect(counts.of("romeo")).toBe(0);
});

describe("bygones are forgotten", () => {
  test("when their time is up", async () => {
    const clock = new FakeClock();
    const bygones = new Bygones(clock, 1000, 10);
    bygones.add("a");
    await clock.turn(999);
    bygones.add("b");
    expect([bygones.has("a"), bygones.has("b")]).toEqual([true, true]);
    await clock.turn(1);
    bygones.add("c");
    expect([bygones.has("a"), bygones.has("b"), bygones.has("c")]).toEqual([false, true, true]);
  });

  test("when there are too many, or on request; what ends again is new again", () => {
    const bygones = new Bygones(new FakeClock(), 1000, 2);
    for (const key of ["a", "b", "a", "c"]) bygones.add(key);
    expect(["a", "b", "c"].map((key) => bygones.has(key))).toEqual([true, false, true]);
    bygones.forget("a");
    expect(bygones.has("a")).toBe(false);
  });
});
