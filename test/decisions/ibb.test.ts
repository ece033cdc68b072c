/** XEP-0047's decisions: every pair of phase and event, and that no order of events leaves a stream without an end. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  begin,
  type Event,
  type Phase,
  type Session,
  smallerThan,
  step,
  windowOf,
} from "../../component/messenger/negotiate/ibb.js";

const PHASES: readonly Phase[] = ["open", "received", "finishing", "closing", "left", "ended"];
const in_ = (phase: Phase): Session => ({ ...begin(4096), phase, expected: 7, next: 3, unanswered: phase === "finishing" || phase === "left" ? 1 : 0 }); // prettier-ignore

const EVENTS: Readonly<Record<string, Event>> = {
  "the next block": { type: "block", seq: 7, size: 4096 },
  "the last block again": { type: "block", seq: 6, size: 4096 },
  "a block after the next": { type: "block", seq: 8, size: 4096 },
  "a block without base64": { type: "block", seq: 7, size: undefined },
  "a block too long": { type: "block", seq: 7, size: 4097 },
  garbled: { type: "garbled" },
  overrun: { type: "overrun" },
  close: { type: "close" },
  answered: { type: "answered" },
  refused: { type: "refused" },
  finish: { type: "finish" },
  "close-answered": { type: "close-answered" },
  received: { type: "received" },
  "let-go": { type: "let-go" },
  silent: { type: "silent" },
  gone: { type: "gone" },
};

/** What the peer is answered, ⊗ where our close goes out, the phase after it, and why it was cut. "." is: nothing happens. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  //                        open                     received            finishing                closing             left                ended
  "the next block":         ["take open",            "not-found received", "take finishing",      "not-found closing", "not-found left",  "not-found ended"],
  "the last block again":   ["disorder ⊗ ended!disorder", "not-found received", "disorder ⊗ ended!disorder", "not-found closing", "not-found left", "not-found ended"],
  "a block after the next": ["disorder ⊗ ended!disorder", "not-found received", "disorder ⊗ ended!disorder", "not-found closing", "not-found left", "not-found ended"],
  "a block without base64": ["garbled ⊗ ended!garbled",   "not-found received", "garbled ⊗ ended!garbled",   "not-found closing", "not-found left", "not-found ended"],
  "a block too long":       ["too-long ⊗ ended!too-long", "not-found received", "too-long ⊗ ended!too-long", "not-found closing", "not-found left", "not-found ended"],
  close:                    ["result ended",         "result ended",      "result left",           "result ended",     "result left",      "result ended"],
  refused:                  ["⊗ ended!refused",      "⊗ ended",           "⊗ ended!refused",       "ended",            "ended!refused",    "."],
  finish:                   ["⊗ closing",            ".",                 ".",                     ".",                ".",                "."],
  "close-answered":         [".",                    ".",                 ".",                     "ended",            ".",                "."],
  received:                 ["received",             ".",                 ".",                     ".",                ".",                "."],
  "let-go":                 ["⊗ ended!let-go",       "⊗ ended",           "⊗ ended!let-go",        "ended",            "ended!let-go",     "."],
  silent:                   ["⊗ ended!silent",       "⊗ ended",           "⊗ ended!silent",        "ended",            "ended!silent",     "."],
  gone:                     ["ended!gone",           "ended",             "ended!gone",            "ended",            "ended!gone",       "."],
}; // prettier-ignore

describe.each(Object.entries(TABLE))("%s", (name, row) => {
  test.each(PHASES.map((phase, i) => [phase, row[i]!] as const))("in %s", (phase, expected) => {
    const before = in_(phase);
    const { session, answer, close } = step(before, EVENTS[name]!);
    if (expected === ".") return expect({ session, answer, close: close ?? false }).toEqual({ session: before, answer: undefined, close: false }); // prettier-ignore
    const said = [answer, close ? "⊗" : undefined, session.phase + (session.cut ? `!${session.cut}` : "")];
    expect(said.filter(Boolean).join(" ")).toBe(expected);
  });
});

test("a block that was taken and turns out to be none ends it, and so does one too many", () => {
  for (const type of ["garbled", "overrun"] as const)
    expect(step(in_("open"), { type })).toMatchObject({ answer: type, close: true, session: { cut: type } });
});

test("the last answer lets our close go out; where the peer has closed it is the end", () => {
  expect(step(in_("finishing"), { type: "answered" })).toMatchObject({ close: true, session: { phase: "closing" } });
  expect(step({ ...in_("finishing"), unanswered: 2 }, { type: "answered" }).session.phase).toBe("finishing");
  expect(step(in_("left"), { type: "answered" }).session).toMatchObject({ phase: "ended", cut: undefined });
});

test("seq runs round in both directions", () => {
  let session: Session = { ...begin(10), expected: 65_535, next: 65_535 };
  session = step(session, { type: "block", seq: 65_535, size: 10 }).session;
  expect(step(session, { type: "sent" }).session).toMatchObject({ expected: 0, next: 0, unanswered: 1 });
  expect(step(session, { type: "block", seq: 0, size: 0 }).answer).toBe("take");
});

test("whatever happens, silence ends it, it ends once, and our close goes out once", () => {
  const event = fc.oneof(
    fc.constantFrom(...Object.values(EVENTS)),
    fc.record({ type: fc.constant("block" as const), seq: fc.nat(20), size: fc.constant(1) }),
    fc.constant<Event>({ type: "sent" }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let session = begin(4096);
      let closes = 0;
      for (const each of [...events, { type: "silent" } as const]) {
        // What the stream never does: send when it is not open, and be answered more often than it has sent.
        if (each.type === "sent" && session.phase !== "open") continue;
        if (each.type === "answered" && session.unanswered === 0) continue;
        const before = session;
        const { session: after, close } = step(before, each);
        if (before.phase === "ended") expect([after.phase, after.cut]).toEqual(["ended", before.cut]);
        if (close) closes++;
        session = after;
      }
      expect(session.phase).toBe("ended");
      expect(closes).toBeLessThanOrEqual(1);
    }),
  );
});

test("windows and smaller blocks", () => {
  expect([1, 4096, 16_384, 32_768, 65_535].map(windowOf)).toEqual([16, 16, 16, 8, 4]);
  expect([65_535, 4096, 512, 511].map(smallerThan)).toEqual([32_767, 2048, 256, undefined]);
});
