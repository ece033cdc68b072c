/** Which SOCKS5 connection is used (XEP-0260 §2.4). */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { bare } from "../../component/lib/jid.js";
import {
  type Choice,
  type ChoiceEvent,
  TRYING,
  nominate,
  priorityOf,
  step,
  worthTrying,
} from "../../component/messenger/negotiate/s5b.js";
import type { Role } from "../../component/messenger/wire/xep0166-jingle.js";
import type { Candidate } from "../../component/messenger/wire/xep0260-jingle-s5b.js";

const candidate = (cid: string, priority: number, type: Candidate["type"] = "direct"): Candidate => ({
  cid,
  host: "192.0.2.1",
  port: 1080,
  jid: bare("romeo@example.org"),
  priority,
  type,
});

test("priorities are those of §2.2, the first of a type first", () => {
  expect(priorityOf("direct", 65_535)).toBe(8_257_536);
  expect(priorityOf("proxy", 65_535)).toBe(655_360);
  expect(priorityOf("assisted", 0)).toBeLessThan(priorityOf("direct", 65_535));
  expect(priorityOf("direct", 0)).toBeGreaterThan(priorityOf("direct", 1));
});

test.each<[string, Role, number | undefined, number | undefined, string]>([
  ["nobody is connected", "initiator", undefined, undefined, "none"],
  ["we alone are", "responder", 5, undefined, "them"],
  ["he alone is", "initiator", undefined, 5, "us"],
  ["both: the higher priority, theirs", "responder", 6, 5, "them"],
  ["both: the higher priority, ours", "initiator", 5, 6, "us"],
  ["both alike: what the initiator is connected to, us", "initiator", 5, 5, "them"],
  ["both alike: what the initiator is connected to, him", "responder", 5, 5, "us"],
])("%s", (_, role, said, heard, by) => {
  const winner = nominate(
    role,
    said === undefined ? "none" : candidate("his", said),
    heard === undefined ? "none" : candidate("mine", heard),
  );
  expect(winner === "none" ? winner : winner.offeredBy).toBe(by);
});

test("both sides always find the same winner", () => {
  const verdict = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
  fc.assert(
    fc.property(verdict, verdict, (a, b) => {
      const [ofResponder, ofInitiator] = [a, b].map((p, i) => (p === undefined ? "none" : candidate(String(i), p)));
      const here = nominate("initiator", ofResponder!, ofInitiator!);
      const there = nominate("responder", ofInitiator!, ofResponder!);
      if (here === "none" || there === "none") return expect(here).toBe(there);
      expect(here.candidate).toBe(there.candidate);
      expect(here.offeredBy).not.toBe(there.offeredBy);
    }),
  );
});

test("what could not win any more is not tried", () => {
  const all = [candidate("low", 1), candidate("high", 9), candidate("middle", 5)];
  const cids = (heard?: Candidate | "none"): string[] =>
    worthTrying(all, heard === undefined ? {} : { heard }).map(({ cid }) => cid);
  expect(cids()).toEqual(["high", "middle", "low"]);
  expect(cids("none")).toEqual(["high", "middle", "low"]);
  expect(cids(candidate("mine", 5))).toEqual(["high", "middle"]);
  expect(cids(candidate("mine", 10))).toEqual([]);
});

describe("step by step", () => {
  const [direct, proxy] = [candidate("mine", 9), candidate("relay", 3, "proxy")];
  const his = candidate("his", 5);
  const hisProxy = candidate("hisrelay", 4, "proxy");
  const tried = (verdict: Candidate | "none"): ChoiceEvent => ({ type: "tried", verdict });
  const used = (cid: string): ChoiceEvent => ({ type: "heard", info: { type: "candidate-used", cid } });
  const error: ChoiceEvent = { type: "heard", info: { type: "candidate-error" } };
  const heard = (type: "proxy-error"): ChoiceEvent => ({ type: "heard", info: { type } });
  const activated: ChoiceEvent = { type: "heard", info: { type: "activated", cid: "?" } };

  const run = (...events: ChoiceEvent[]): string[] => {
    let state: Choice = TRYING;
    return events.flatMap((event) => {
      const next = step("initiator", [direct, proxy], state, event);
      state = next.state;
      return next.effects.map((effect) => {
        if (effect.type === "say") return `say ${effect.info.type}`;
        return effect.type === "use" ? `use ${effect.which}` : effect.type;
      });
    });
  };

  test.each<[string, ChoiceEvent[], string[]]>([
    ["his direct one", [tried(his), error], ["say candidate-used", "use dialled"]],
    ["ours", [used("mine"), tried("none")], ["say candidate-error", "use arrived"]],
    ["neither", [error, tried("none")], ["say candidate-error", "fail"]],
    ["a candidate that we never offered", [used("x"), tried("none")], ["say candidate-error", "fail"]],
    ["our proxy", [used("relay"), tried("none"), { type: "activated" }], ["say candidate-error", "activate", "say activated", "use proxy"]],
    ["our proxy, in vain", [used("relay"), tried("none"), { type: "not-activated" }], ["say candidate-error", "activate", "say proxy-error", "fail"]],
    ["his proxy", [tried(hisProxy), error, activated], ["say candidate-used", "use dialled"]],
    ["his proxy, in vain", [tried(hisProxy), error, heard("proxy-error")], ["say candidate-used", "fail"]],
    ["the first word counts", [used("mine"), error, tried(his), tried("none")], ["say candidate-used", "use arrived"]],
    ["silence", [tried(his), { type: "timeout" }, error], ["say candidate-used", "fail"]],
    ["a proxy that is never activated", [tried(hisProxy), error, { type: "timeout" }, activated], ["say candidate-used", "fail"]],
  ])("%s", (_, events, effects) => expect(run(...events)).toEqual(effects)); // prettier-ignore

  test("in any order, it comes to one end", () => {
    const events = fc.constantFrom(tried(his), tried(hisProxy), tried("none"), used("mine"), used("relay"), used("x"), error, activated, heard("proxy-error"), { type: "activated" } as const, { type: "not-activated" } as const); // prettier-ignore
    fc.assert(
      fc.property(fc.array(events), (list) => {
        const ends = run(...list, { type: "timeout" }).filter(
          (effect) => effect === "fail" || effect.startsWith("use"),
        );
        expect(ends).toHaveLength(1);
      }),
    );
  });
});
