import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  begin,
  climb,
  openLegs,
  type Climb,
  type ClimbEvent,
  type Effect,
  type Leg,
} from "../../component/control/delivery/climb.js";

/** An effect in a word: "+1" offered, "-link" withdrawn, "0:moving" told, "0 answers" noted, "0 lost". */
const short = (e: Effect): string =>
  e.do === "offer" ? `+${e.leg}` : e.do === "withdraw" ? `-${e.leg}` : e.do === "tell" ? `${e.leg}:${e.event}` : e.do === "note" ? `${e.leg} ${e.as}` : `${e.leg} lost`; // prettier-ignore

/** "0 moving", "link sent", "fetched", "withdraw" */
const event = (text: string): ClimbEvent => {
  const [leg, type] = text.includes(" ") ? text.split(" ") : [undefined, text];
  return { type, ...(leg !== undefined && { leg: leg === "link" ? leg : Number(leg) }) } as ClimbEvent;
};

/** What each event does, in the order of the events; first what is done at once. */
function story(methods: number[], link: boolean, events: string[]): string[] {
  let { state, effects } = begin(methods, link);
  const told = [effects.map(short).join(" ")];
  for (const text of events) {
    ({ state, effects } = climb(state, event(text)));
    told.push(effects.map(short).join(" "));
  }
  return told;
}

describe("the ladder", () => {
  test.each<[string, number[], boolean, [string, string][], string]>([
    ["nobody there, or nobody who can more: the link", [], false, [["link sent", "link:sent"]], "+link"],
    ["one can only have the link: it goes beside the streams", [2], true, [], "+0 +link"],
    ["all are asked at once; who accepts has it", [2, 1], false, [["0 sent", "0:sent"], ["1 sent", "1:sent"], ["1 moving", "-0 1 answers 1:moving"], ["0 moving", ""], ["1 last", "1:last"], ["1 delivered", "1 answers 1:delivered"], ["1 cut", ""]], "+0 +1"],
    ["one declines for all", [1, 1], false, [["0 declined", "-1 0 answers 0:declined"], ["1 moving", ""]], "+0 +1"],
    ["one method after the other, then the link", [2], false, [["0 failed", "+0"], ["0 failed", "+link"], ["link sent", "link:sent"], ["0 moving", ""]], "+0"],
    ["the link waits for the last of them", [1, 2], false, [["0 failed", ""], ["1 failed", "+1"], ["1 failed", "+link"]], "+0 +1"],
    ["silence: the link too, and a late answer counts", [1], false, [["0 sent", "0:sent"], ["0 impatient", "0 silent +link"], ["link sent", "link:sent"], ["0 impatient", "0 silent"], ["0 moving", "-link 0 answers 0:moving"], ["link bounced", ""]], "+0"],
    ["the link is fetched: streams are withdrawn", [1, 1], false, [["0 impatient", "0 silent +link"], ["fetched", "-0 -1"], ["0 moving", ""], ["link unreached", "link:unreached link lost"]], "+0 +1"],
    ["fetched while a stream moves: it goes on", [1], true, [["0 moving", "-link 0 answers 0:moving"], ["fetched", ""], ["0 delivered", "0 answers 0:delivered"]], "+0 +link"],
    ["a client that has gone, and one that does not answer at all", [2, 2], false, [["0 gone", "-0"], ["1 unreached", "1 lost +link"]], "+0 +1"],
    ["a client that was away and is back is asked again from the beginning", [2, 1], false, [["0 failed", "+0"], ["0 back", "-0 +0"], ["0 failed", "+0"], ["0 failed", ""], ["0 back", ""]], "+0 +1"],
    ["back where it has taken it already", [1], false, [["0 moving", "0 answers 0:moving"], ["0 back", ""]], "+0"],
    ["a client that the server does not know any more is not asked by another method", [3], false, [["0 bounced", "+link"]], "+0"],
    ["a stream that moved and broke, however it says so", [2], false, [["0 moving", "0 answers 0:moving"], ["0 failed", "0:cut"], ["0 sent", ""]], "+0"],
    ["a link whose arrival is all that can be known of it", [], false, [["link sent", "link:sent"], ["link delivered", "link:delivered"], ["link bounced", ""]], "+link"],
    ["given back, and nothing else is out", [], false, [["link bounced", "link lost link:bounced"]], "+link"],
    ["given back while streams are out: they decide", [1], true, [["link bounced", ""], ["0 failed", "link lost 0:unreached"]], "+0 +link"],
    ["no stream at all, and the link cannot be said", [1], false, [["0 failed", "+link"], ["link failed", "link:failed"]], "+0"],
    ["withdrawn: all that is out", [1, 1], true, [["1 failed", ""], ["withdraw", "-0 -link"], ["0 moving", ""], ["fetched", ""]], "+0 +1 +link"],
    ["he has it already", [1], false, [["0 delivered", "0 answers 0:delivered"]], "+0"],
    ["declined in the middle", [1], false, [["0 moving", "0 answers 0:moving"], ["0 declined", "0 answers 0:declined"]], "+0"],
    ["gone while it moves: the stream says it when it breaks", [1], false, [["0 moving", "0 answers 0:moving"], ["0 gone", ""], ["0 impatient", ""], ["0 cut", "0:cut"]], "+0"],
  ])("%s", (_what, methods, link, steps, first) => {
    expect(story(methods, link, steps.map(([e]) => e))).toEqual([first, ...steps.map(([, effects]) => effects)]);
  }); // prettier-ignore

  const LANE = ["sent", "reached", "unreached", "bounced", "moving", "last", "cut", "delivered", "declined", "failed", "impatient", "gone", "back"]; // prettier-ignore
  const LINK = ["sent", "reached", "unreached", "bounced", "delivered", "failed"];
  const anyEvent = fc.oneof(
    fc.record({ type: fc.constantFrom(...LANE), leg: fc.nat(3) }),
    fc.record({ type: fc.constantFrom(...LINK), leg: fc.constant("link" as const) }),
    fc.record({ type: fc.constantFrom("fetched", "withdraw") }),
  ) as fc.Arbitrary<ClimbEvent>;
  const anyStart = fc.tuple(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }), fc.boolean());
  const TERMINAL = ["cut", "delivered", "declined", "bounced", "failed"];

  test("whatever happens: one winner, nothing left out at the end, and while it lasts something is out", () => {
    fc.assert(
      fc.property(anyStart, fc.array(anyEvent, { maxLength: 60 }), ([methods, link], events) => {
        let step = begin(methods, link);
        const out = new Set<Leg>();
        const winners = new Set<Leg>();
        let told = 0;
        const perform = (cause: ClimbEvent | undefined): void => {
          // What has ended by itself need not be withdrawn.
          if (cause && "leg" in cause && !openLegs(step.state).includes(cause.leg)) out.delete(cause.leg);
          // The link that is being fetched may be one of an earlier offer.
          if (cause?.type === "fetched" && step.state.taken === "link" && !step.state.over) out.add("link");
          for (const effect of step.effects) {
            if (effect.do === "offer") out.add(effect.leg);
            if (effect.do === "withdraw") expect(out.delete(effect.leg) || cause).toBeTruthy();
            if (effect.do !== "tell") continue;
            if (effect.event === "moving") winners.add(effect.leg);
            if (step.state.over && TERMINAL.includes(effect.event)) told++;
          }
        };
        perform(undefined);
        for (const cause of events) {
          const before: Climb = step.state;
          step = climb(before, cause);
          if (before.over) expect(step.effects).toEqual([]);
          perform(cause);
          if (!step.state.over) expect(openLegs(step.state).length).toBeGreaterThan(0);
          expect([...out].sort()).toEqual(step.state.over ? [] : openLegs(step.state).sort());
        }
        expect(winners.size).toBeLessThanOrEqual(1);
        expect(told).toBeLessThanOrEqual(1);
        expect(climb(climb(step.state, { type: "withdraw" }).state, { type: "fetched" }).effects).toEqual([]);
      }),
    );
  });

  test("where clients fail one method after the other, the link goes out, once", () => {
    fc.assert(
      fc.property(anyStart, fc.infiniteStream(fc.nat(2)), ([methods, link], legs) => {
        let step = begin(methods, link);
        const offers = step.effects.filter((e) => e.do === "offer").map((e) => e.leg);
        for (const leg of legs) {
          if (openLegs(step.state).every((l) => l === "link")) break;
          step = climb(step.state, { type: "failed", leg });
          offers.push(...step.effects.filter((e) => e.do === "offer").map((e) => e.leg));
        }
        expect(offers.filter((leg) => leg === "link")).toHaveLength(1);
        expect(offers.length - 1).toBe(methods.reduce((a, b) => a + b, 0));
      }),
    );
  });
});
