import { describe, expect, test } from "@jest/globals";
import { isFetched } from "../../component/control/parcel.js";
import type { Ending, KeptFile, ParcelState } from "../../component/control/ports.js";
import { horizonOf, isWorthIt, remindersOf } from "../../component/control/delivery/reminders.js";
import { bare } from "../../component/lib/jid.js";
import { render } from "../../component/lib/languages/index.js";
import { say } from "../../component/lib/said.js";

const DAY = 864e5;
const NOW = Date.UTC(2026, 0, 28);
const TERM = { keep: 30 * DAY, remind: 3 * DAY };
const ROMEO = bare("romeo@example.org");
const people = ["juliet", "nurse", "paris", "tybalt", "benvolio", "mercutio"].map((name) =>
  bare(`${name}@example.org`),
);
const [JULIET, NURSE] = people as [typeof ROMEO, typeof ROMEO];

describe("who has it", () => {
  const of = (...parcels: [string, ParcelState][]) => isFetched(parcels.map(([who, state]) => ({ recipient: bare(who), state }))); // prettier-ignore
  test.each<[string, boolean, [string, ParcelState][]]>([
    ["it was sent to nobody", false, []],
    ["one, and he has it", true, [["a@x", "delivered"]]],
    ["one of two", false, [["a@x", "delivered"], ["b@x", "waiting"]]],
    ["one of two, the other is being offered it", false, [["a@x", "delivered"], ["b@x", "offered"]]],
    ["one of two, the other is taking it", false, [["a@x", "delivered"], ["b@x", "moving"]]],
    ["one of two, the other said no, and may think again", false, [["a@x", "delivered"], ["b@x", "declined"]]],
    ["one of two, the other missed it", false, [["a@x", "delivered"], ["b@x", "expired"]]],
    ["one of two, the other could not be handed it", false, [["a@x", "delivered"], ["b@x", "failed"]]],
    ["one, from another it was taken back", true, [["a@x", "delivered"], ["b@x", "withdrawn"]]],
    ["it was taken back from everybody", false, [["a@x", "withdrawn"]]],
    ["he has it, after what had failed", true, [["a@x", "failed"], ["a@x", "delivered"]]],
    ["he has it, and wants it again", false, [["a@x", "delivered"], ["a@x", "waiting"]]],
  ])("%s: %j", (_, isIt, parcels) => {
    expect(of(...parcels)).toBe(isIt);
  }); // prettier-ignore
});

function file(more: Partial<KeptFile> = {}): KeptFile {
  return {
    id: "f", owner: ROMEO, number: 7, name: "a.jpg", size: 2048, mediaType: "image/jpeg", sha256: "", mark: "", once: false, sealed: "",
    since: NOW - 28 * DAY, until: NOW + 2 * DAY, ...more,
  }; // prettier-ignore
}

type Sent = readonly [(typeof people)[0], ParcelState, ("stranger" | "invited" | "met")?];

function ending(sent: readonly Sent[], more: Partial<KeptFile> = {}): Ending {
  const kept = file(more);
  const { id: fileId, owner: sender, number: senderNumber, name, size, mediaType, sha256, mark, since, until } = kept;
  const parcels = sent.map(([recipient, state, standing = "met"], i) => ({
    id: `p${i}`, fileId, sender, recipient, senderNumber, number: 40 + i, name, size, mediaType, sha256, mark, summary: "", via: "" as const, state, method: "",
    tries: 0, version: 1, since, changed: since, until, standing,
  })); // prettier-ignore
  return { file: kept, parcels };
}

const said = (all: readonly Ending[], now = NOW) =>
  remindersOf(all, TERM, now).map(({ to, kind, details }) => `${to}: ${render(say(kind, details), "en")}`);

describe("reminders", () => {
  test("of what its owner keeps for himself", () => {
    expect(said([ending([])])).toEqual([
      "romeo@example.org: a.jpg (number 7) is here until 2026-01-30, and then it goes. Say “keep 7”, and I keep it longer.",
    ]);
  });

  test("of what has not been fetched, to both sides, each by his own number; to the minute when it is soon", () => {
    const soon = { until: NOW + 3_600_000 };
    expect(said([ending([[JULIET, "waiting"], [NURSE, "delivered"]], soon)])).toEqual([
      "romeo@example.org: juliet@example.org has not fetched a.jpg (number 7) yet. It is here until 2026-01-28 01:00 UTC, and then it goes. Say “keep 7”, and I keep it longer.",
      "juliet@example.org: a.jpg (2.0 KiB) from romeo@example.org still waits for you, until 2026-01-28 01:00 UTC. Say “get 40” to have it, or “keep 40”, and I keep it longer.",
    ]); // prettier-ignore
  });

  test("of nothing that everybody has, that is over, or that was for a short while from the beginning", () => {
    expect(said([ending([[JULIET, "delivered"]])])).toEqual([]);
    expect(said([ending([], { until: NOW })])).toEqual([]);
    expect(said([ending([], { since: NOW - DAY })])).toEqual([]);
  });

  test("not to somebody who has not answered yet, nor twice to somebody who sent it to himself", () => {
    const owner = expect.stringMatching(/^romeo/);
    expect(said([ending([[JULIET, "offered", "invited"], [NURSE, "waiting", "stranger"]])])).toEqual([owner]); // prettier-ignore
    expect(said([ending([[ROMEO, "waiting"]])])).toEqual([owner]);
  });

  test("of who said no, or missed it, only the owner hears", () => {
    expect(said([ending([[JULIET, "declined"]])])).toEqual([expect.stringMatching(/^romeo.*is here until/)]);
  });

  test("many people are a number, many files one line", () => {
    const [line] = said([ending(people.map((who) => [who, "waiting"] as const))]);
    expect(line).toMatch(/6 people have not fetched a\.jpg/);
    const five = Array.from({ length: 5 }, (_, i) => ending([[JULIET, "waiting"]], { number: i + 1, until: NOW + DAY + i })); // prettier-ignore
    expect(said(five)).toEqual([
      "romeo@example.org: 5 files of yours go soon, the first of them, a.jpg (number 1), on 2026-01-29. “list” shows them. Say “keep”, and I keep all of them longer; or “keep N” for one.",
      "juliet@example.org: 5 files still wait for you; the first of them, a.jpg (number 40), goes on 2026-01-29. “list” shows them. Say “keep”, and I keep all of them longer; or “keep N” for one.",
    ]);
  });

  test("never before half of the time is over", () => {
    expect(horizonOf(TERM)).toBe(3 * DAY);
    expect(horizonOf({ keep: DAY, remind: 3 * DAY })).toBe(DAY / 2);
    expect(isWorthIt({ since: 0, until: DAY }, { keep: DAY, remind: 3 * DAY })).toBe(true);
    expect(isWorthIt({ since: 0, until: DAY }, TERM)).toBe(false);
  });
});
