import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  initiate,
  OFFERING,
  type InitiatorEffect,
  type InitiatorEvent,
  type InitiatorState,
} from "../../component/messenger/negotiate/si-initiator.js";
import {
  JUDGING,
  respond,
  type ResponderEffect,
  type ResponderEvent,
  type ResponderState,
} from "../../component/messenger/negotiate/si-responder.js";

describe("the receiver", () => {
  type Word = ResponderEvent["type"];
  const event = (type: Word): ResponderEvent => (type === "broke" ? { type, code: "stream-cut" } : { type });
  const words = (effects: readonly ResponderEffect[]): string[] =>
    effects.map((effect) => [effect.do, "with" in effect ? effect.with : "", "code" in effect ? effect.code : ""].filter(Boolean).join(" ")); // prettier-ignore
  const run = (...types: Word[]): { at: ResponderState["at"]; effects: string[] } => {
    let state = JUDGING;
    const effects: string[] = [];
    for (const type of types) {
      const step = respond(state, event(type));
      state = step.state;
      effects.push(...words(step.effects));
    }
    return { at: state.at, effects };
  };

  test.each<[string, Word[], ResponderState["at"], string[]]>([
    ["refused", ["refused"], "ended", []],
    ["SOCKS5", ["accepted", "hosts", "reached", "came"], "ended", ["wait", "dial", "settle", "answer used", "take", "complete"]],
    ["in-band", ["accepted", "opened", "came"], "ended", ["wait", "settle", "take", "complete"]],
    ["SOCKS5 fails, the peer goes on in-band", ["accepted", "hosts", "unreached", "opened", "came"], "ended", ["wait", "dial", "answer unreachable", "wait", "settle", "take", "complete"]],
    ["SOCKS5 fails, the peer names others", ["accepted", "hosts", "unreached", "hosts", "reached"], "moving", ["wait", "dial", "answer unreachable", "wait", "dial", "settle", "answer used", "take"]],
    ["SOCKS5 fails, the peer offers it anew", ["accepted", "hosts", "unreached", "anew", "opened"], "ended", ["wait", "dial", "answer unreachable", "wait", "settle", "fail stream-unreachable", "drop"]],
    ["the same file twice at once", ["accepted", "anew", "hosts", "anew", "reached", "anew", "came"], "ended", ["wait", "dial", "settle", "answer used", "take", "complete"]],
    ["the peer does not wait for us to fail", ["accepted", "hosts", "opened", "reached"], "moving", ["wait", "dial", "settle", "answer unwanted", "take", "drop"]],
    ["hosts twice at once", ["accepted", "hosts", "hosts"], "dialling", ["wait", "dial", "answer unwanted"]],
    ["nothing comes", ["accepted", "late"], "ended", ["wait", "settle", "fail stream-unreachable"]],
    ["no host answers in the time that there is", ["accepted", "hosts", "late"], "ended", ["wait", "dial", "settle", "answer unreachable", "fail stream-unreachable"]],
    ["cut", ["accepted", "opened", "broke"], "ended", ["wait", "settle", "take", "fail stream-cut"]],
    ["we go down before there is a stream", ["accepted", "stop"], "ended", ["wait", "settle", "fail stopping"]],
    ["we go down while bytes move", ["accepted", "opened", "stop", "broke"], "ended", ["wait", "settle", "take", "abort", "fail stream-cut"]],
    ["we go down while it is judged", ["stop", "accepted"], "ended", ["fail stopping"]],
    ["hosts while it is judged, and after the end", ["hosts", "refused", "hosts"], "ended", ["answer unwanted", "answer unwanted"]],
  ])("%s", (_, types, at, effects) => {
    expect(run(...types)).toEqual({ at, effects });
  }); // prettier-ignore

  const LATER: readonly Word[] = ["hosts", "reached", "unreached", "opened", "came", "broke", "anew", "late", "stop"];
  const any = fc.array(fc.constantFrom(...LATER), { maxLength: 12 });

  test("whatever comes, it ends once, leaves no stream open, and answers everybody", () => {
    fc.assert(
      fc.property(any, fc.constantFrom<Word>("accepted", "refused"), any, (before, judged, after) => {
        let state = JUDGING;
        const seen = { asked: 0, answered: 0, came: 0, taken: 0, dropped: 0, waits: 0, settled: 0, outcomes: 0 };
        for (const type of [...before, judged, ...after, "stop", "broke"] as const) {
          if (type === "hosts") seen.asked++;
          if (type === "reached" || type === "opened") seen.came++;
          // Bytes end when they move, and hosts are reached when they are dialled.
          if ((type === "came" || type === "broke") && state.at !== "moving") continue;
          const step = respond(state, event(type));
          for (const effect of step.effects) {
            if (effect.do === "answer") seen.answered++;
            if (effect.do === "take") seen.taken++;
            if (effect.do === "drop") seen.dropped++;
            if (effect.do === "wait") seen.waits++;
            if (effect.do === "settle") seen.settled++;
            if (effect.do === "complete" || effect.do === "fail") seen.outcomes++;
            if (effect.do === "complete") expect(state.at).toBe("moving");
          }
          state = step.state;
          // A stream that comes unasked for while hosts are not dialled is dropped at once; one is taken at most.
          expect(seen.answered).toBe(seen.asked - (state.at === "dialling" ? 1 : 0));
          expect(seen.taken).toBeLessThanOrEqual(1);
          expect(seen.taken + seen.dropped).toBe(seen.came);
        }
        expect(state.at).toBe("ended");
        expect(seen.outcomes).toBe(judged === "accepted" ? 1 : 0);
        expect(seen.settled).toBe(seen.waits > 0 ? 1 : 0);
        expect(seen.waits).toBeLessThanOrEqual(5); // a peer cannot go on for ever by naming hosts
      }),
      { numRuns: 500 },
    );
  });
});

describe("the sender", () => {
  const accepted = (method: "bytestreams" | "in-band" | "other", late = false): InitiatorEvent => ({ type: "accepted", method, late }); // prettier-ignore
  const used = (host: "own" | "proxy"): InitiatorEvent => ({ type: "used", host });
  const run = (...events: InitiatorEvent[]): InitiatorEffect[] => {
    let state: InitiatorState = OFFERING;
    return events.map((event) => {
      const step = initiate(state, event);
      state = step.state;
      return step.effect;
    });
  };
  const does = (...acts: string[]): unknown[] => acts.map((act) => expect.objectContaining({ do: act }));
  const reported = (events: InitiatorEvent[]): unknown => {
    const last = run(...events).at(-1)!;
    return last.do === "end" ? last.report : "goes on";
  };
  const [READY, UNREADY, GIVEN, BROKE, WITHDRAWN, STOP, DECLINED] = (["ready", "unready", "given", "broke", "withdrawn", "stop", "declined"] as const).map((type): InitiatorEvent => ({ type })) as [InitiatorEvent, InitiatorEvent, InitiatorEvent, InitiatorEvent, InitiatorEvent, InitiatorEvent, InitiatorEvent]; // prettier-ignore

  test.each<[string, InitiatorEvent[], string[]]>([
    ["by our own host", [accepted("bytestreams"), used("own"), READY, GIVEN], ["name-hosts", "meet", "give", "end"]],
    ["by a proxy", [accepted("bytestreams"), used("proxy"), READY, GIVEN], ["name-hosts", "join-proxy", "give", "end"]],
    ["in-band", [accepted("in-band"), READY, GIVEN], ["open", "give", "end"]],
    ["no host is reached", [accepted("bytestreams"), UNREADY, READY, GIVEN], ["name-hosts", "open", "give", "end"]],
    ["we do not get to the proxy", [accepted("bytestreams"), used("proxy"), UNREADY, READY], ["name-hosts", "join-proxy", "open", "give"]],
    ["accepted when it was withdrawn", [accepted("bytestreams", true), UNREADY], ["dismiss", "end"]],
  ])("%s", (_, events, acts) => expect(run(...events)).toEqual(does(...acts))); // prettier-ignore

  test.each<[string, InitiatorEvent[], unknown]>([
    ["delivered", [accepted("in-band"), READY, GIVEN], { type: "delivered" }],
    ["declined", [DECLINED], { type: "declined" }],
    ["his client cannot", [{ type: "refused", code: "no-method" }], { type: "failed", code: "no-method" }],
    ["a stream that was not offered", [accepted("other")], { type: "failed", code: "no-method" }],
    ["no stream comes about", [accepted("bytestreams"), UNREADY, UNREADY], { type: "failed", code: "stream-unreachable" }],
    ["cut", [accepted("in-band"), READY, BROKE], { type: "cut" }],
    ["we go down while bytes move", [accepted("in-band"), READY, STOP], { type: "cut" }],
    ["we go down before", [STOP], undefined],
    ["withdrawn while bytes move", [accepted("in-band"), READY, WITHDRAWN], undefined],
    ["accepted when it was withdrawn, by no known method", [accepted("other", true)], undefined],
  ])("%s", (_, events, report) => expect(reported(events)).toEqual(report)); // prettier-ignore

  /** What can come of what is done. */
  const OUTCOMES: Readonly<Record<Exclude<InitiatorEffect["do"], "end">, readonly InitiatorEvent[]>> = {
    "name-hosts": [used("own"), used("proxy"), UNREADY],
    meet: [READY, UNREADY],
    "join-proxy": [READY, UNREADY],
    open: [READY, UNREADY],
    give: [GIVEN, BROKE],
    dismiss: [READY, UNREADY],
  };
  const ANSWERS = [accepted("bytestreams"), accepted("in-band"), accepted("other"), accepted("bytestreams", true), accepted("in-band", true), DECLINED, { type: "refused", code: "no-method" } as const]; // prettier-ignore

  test("whatever comes of each step, it ends soon, says one last word at most, and gives only over a stream", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }), fc.nat(30), (choices, interrupted) => {
        let [step, hasStream, given] = [initiate(OFFERING, ANSWERS[choices[0]! % ANSWERS.length]!), false, 0];
        let n = 1;
        for (; step.effect.do !== "end"; n++) {
          expect(n).toBeLessThan(7);
          if (step.effect.do === "give") {
            expect(hasStream).toBe(true);
            given++;
          }
          const possible = OUTCOMES[step.effect.do];
          const event =
            n === interrupted ? (choices[11]! % 2 ? WITHDRAWN : STOP) : possible[choices[n]! % possible.length]!;
          hasStream = event.type === "ready" || (hasStream && event.type !== "unready");
          step = initiate(step.state, event);
          if (step.effect.do === "end" && step.effect.report) {
            if (event === WITHDRAWN) throw new Error("it was withdrawn");
            expect(["delivered", "cut"].includes(step.effect.report.type)).toBe(given === 1);
            expect(step.effect.report.type === "delivered").toBe(event === GIVEN);
          }
        }
        expect(given).toBeLessThanOrEqual(1);
        for (const event of [...ANSWERS, ...Object.values(OUTCOMES).flat(), STOP, WITHDRAWN])
          expect(initiate(step.state, event).effect).toEqual({ do: "end" });
      }),
      { numRuns: 500 },
    );
  });

  test("an event that cannot come of what was done ends it, too", () => {
    const states: InitiatorState["at"][] = [
      "offering",
      "naming",
      "joining",
      "opening",
      "giving",
      "dismissing",
      "ended",
    ];
    const events = [...ANSWERS, ...Object.values(OUTCOMES).flat(), STOP, WITHDRAWN];
    for (const at of states) for (const event of events) expect(initiate({ at }, event).effect.do).toBeDefined();
    expect(initiate({ at: "giving" }, DECLINED).effect).toEqual({ do: "end", report: { type: "cut" } });
    expect(initiate({ at: "naming" }, GIVEN).effect).toEqual({
      do: "end",
      report: { type: "failed", code: "internal" },
    });
  });
});
