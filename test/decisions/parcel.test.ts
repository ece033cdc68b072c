import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide, isOpen, TABLE, type ParcelEvent } from "../../component/control/parcel.js";
import type { ParcelState } from "../../component/control/ports.js";

const STATES = Object.keys(TABLE) as ParcelState[];
const EVENTS = Object.keys(TABLE.waiting) as ParcelEvent[];
const ENDED = STATES.filter((s) => !isOpen(s));

const run = (events: readonly ParcelEvent[], from: ParcelState = "waiting") => {
  let state = from;
  let hold = false;
  for (const event of events) {
    const move = decide(state, event);
    if (typeof move !== "string") ({ to: state, hold } = move);
  }
  return { state, hold };
};

describe("a parcel's life", () => {
  test.each<[string, ParcelEvent[], ParcelState]>([
    ["offered by a link and fetched", ["offer", "begin", "complete"], "delivered"],
    ["fetched in two goes", ["offer", "begin", "cut", "begin", "complete"], "delivered"],
    ["nobody there after all", ["offer", "unreached"], "waiting"],
    ["given back by the server", ["offer", "bounce"], "waiting"],
    ["an invitation given back", ["bounce"], "waiting"],
    ["not wanted", ["offer", "decline"], "declined"],
    ["not wanted, and wanted after all", ["offer", "decline", "accept"], "waiting"],
    ["not wanted stays so, whatever the sender says", ["decline", "resend"], "declined"],
    ["its time is up while it moves", ["offer", "begin", "expire"], "expired"],
    ["taken back, then sent again", ["offer", "withdraw", "resend"], "waiting"],
    [
      "delivered once, whatever comes late",
      ["offer", "begin", "complete", "complete", "cut", "bounce", "expire"],
      "delivered",
    ],
    ["a stream broke, and another goes on", ["offer", "begin", "broken", "offer", "begin", "complete"], "delivered"],
    ["a stream broke before it began to count", ["offer", "broken"], "waiting"],
    ["the link went out besides", ["offer", "linked", "begin", "cut"], "offered"],
    ["the process died while bytes moved", ["offer", "begin", "recover"], "offered"],
    ["the last byte was about to go, and the peer closed", ["offer", "begin", "last", "cut"], "offered"],
    ["the last byte went", ["offer", "begin", "last", "complete"], "delivered"],
  ])("%s", (_what, events, end) => {
    expect(run(events).state).toBe(end);
  });

  test("no event leads from an end to anything but waiting again, or to being withdrawn", () => {
    for (const state of ENDED)
      for (const event of EVENTS) {
        const move = decide(state, event);
        if (typeof move !== "string") expect(["waiting", "withdrawn"]).toContain(move.to);
      }
  });

  test("every way to an end other than delivery ends the capabilities, and no end is held", () => {
    for (const state of STATES)
      for (const event of EVENTS) {
        const move = decide(state, event);
        if (typeof move === "string" || isOpen(move.to)) continue;
        expect(move.hold).toBe(false);
        expect(move.endLinks).toBe(move.to !== "delivered");
      }
  });

  test("once the link is out besides, an offer outlives the process that made it", () => {
    expect(run(["offer", "linked"]).hold).toBe(false);
  });

  test("the sender hears of every end that he did not choose", () => {
    for (const state of STATES)
      for (const event of ["complete", "decline", "expire", "fail"] as const) {
        const move = decide(state, event);
        if (typeof move !== "string") expect(move.tell).toBe("sender");
      }
  });

  test("after any history: time ends it, a dead process leaves nothing held, and an end stays", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
        const { state } = run(events);
        expect(isOpen(run(["expire"], state).state)).toBe(false);
        expect(run(["recover"], state).hold).toBe(false);
        if (!isOpen(state))
          expect(run(["offer", "begin", "cut", "complete", "expire", "recover"], state).state).toBe(state);
      }),
    );
  });
});
