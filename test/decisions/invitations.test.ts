import { describe, expect, test } from "@jest/globals";
import { Invitations } from "../../component/control/people/invitations.js";
import { bare } from "../../component/lib/jid.js";
import { PerDay } from "../../component/lib/per-day.js";
import { FakeClock } from "../harness/fake-clock.js";

const HOUR = 36e5;
const ROMEO = bare("romeo@example.org");
const stranger = (i: number) => bare(`stranger${i}@else.example`); // prettier-ignore

describe("so many strangers are written to", () => {
  const full = /^That is too many people at once who do not know me/;

  test("by one member in a day, counted from each on its own", async () => {
    const clock = new FakeClock();
    const invitations = new Invitations({ invitations: 2, invited: 9 }, clock);
    invitations.take(ROMEO, stranger(1), "file");
    await clock.turn(12 * HOUR);
    invitations.take(ROMEO, stranger(2), "words");
    expect(() => invitations.take(ROMEO, stranger(3), "file")).toThrow(full);
    invitations.take(bare("mercutio@example.org"), stranger(3), "file");
    await clock.turn(12 * HOUR);
    invitations.take(ROMEO, stranger(3), "file");
    expect(() => invitations.take(ROMEO, stranger(4), "words")).toThrow(full);
  });

  test("one stranger, by everybody together", () => {
    const invitations = new Invitations({ invitations: 9, invited: 2 }, new FakeClock());
    for (const i of [1, 2]) invitations.take(bare(`member${i}@example.org`), stranger(1), "file");
    expect(() => invitations.take(ROMEO, stranger(1), "file")).toThrow(full);
    invitations.take(ROMEO, stranger(2), "file");
  });

  test("another file for the same one costs nothing; words always do; what is refused is not counted", () => {
    const invitations = new Invitations({ invitations: 3, invited: 3 }, new FakeClock());
    for (let i = 0; i < 9; i++) invitations.take(ROMEO, stranger(1), "file");
    for (let i = 0; i < 2; i++) invitations.take(ROMEO, stranger(1), "words");
    for (let i = 0; i < 9; i++) expect(() => invitations.take(ROMEO, stranger(1), "words")).toThrow(full);
    invitations.take(ROMEO, stranger(1), "file");
  });
});

test("what is counted in a day is bounded by who counts: the longest silent go first", async () => {
  const clock = new FakeClock();
  const days = new PerDay<string, number>(clock, 2);
  days.add("a", 1);
  days.add("b", 1);
  days.add("a", 2);
  days.add("c", 1);
  expect([days.of("a"), days.of("b"), days.of("c")]).toEqual([[1, 2], [], [1]]);
  await clock.turn(24 * HOUR);
  expect([days.of("a"), days.of("c")]).toEqual([[], []]);
});
