/** The life of a Jingle session that moves one file, event by event. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ERRORS, type ErrorCode } from "../../component/lib/errors.js";
import { reasonOf } from "../../component/messenger/negotiate/jingle-reasons.js";
import {
  type Direction,
  type Effect,
  type Event,
  type Reply,
  type State,
  begin,
  patience,
  step,
} from "../../component/messenger/negotiate/jingle.js";

const terminate = (condition: "success" | "decline" | "cancel" | "gone" | "media-error"): Event => ({ type: "terminate", condition }); // prettier-ignore
const ibb = { way: "ibb" } as const;
const E = {
  wanted: { type: "wanted", way: "s5b" },
  wantedInBand: { type: "wanted", ...ibb },
  unwanted: { type: "refused", code: "over-quota" },
  accept: { type: "accept", way: "s5b" },
  acceptInBand: { type: "accept", ...ibb },
  acceptOther: { type: "accept", way: "other" },
  replace: { type: "transport-replace", ...ibb },
  replaceOther: { type: "transport-replace", way: "other" },
  replaced: { type: "transport-accept", ...ibb },
  add: { type: "content-add" },
  remove: { type: "content-remove" },
  info: { type: "transport-info" },
  reject: { type: "transport-reject" },
  received: { type: "received" },
  checksum: { type: "checksum" },
  ping: { type: "ping" },
  odd: { type: "unknown-info" },
  remark: { type: "remark" },
  vanished: { type: "vanished" },
  bounced: { type: "bounced" },
  connected: { type: "connected" },
  unconnected: { type: "unconnected" },
  last: { type: "last" },
  moved: { type: "moved" },
  broken: { type: "broken" },
  kept: { type: "kept" },
  timeout: { type: "timeout" },
  withdrawn: { type: "withdrawn" },
  stopping: { type: "stopping" },
  success: terminate("success"),
  decline: terminate("decline"),
  cancel: terminate("cancel"),
  gone: terminate("gone"),
  damaged: terminate("media-error"),
} as const satisfies Record<string, Event>;
type Name = keyof typeof E;

function short(effect: Effect): string {
  switch (effect.type) {
    case "say":
      return effect.what;
    case "terminate":
      return `terminate ${effect.condition}`;
    case "connect":
      return `connect ${effect.way}`;
    case "outcome":
      return effect.outcome.type === "failed" ? `failed ${effect.outcome.code}` : effect.outcome.type;
    case "candidates":
    case "checksum":
    case "disconnect":
    case "move":
    case "keep":
      return `(${effect.type})`;
  }
}

function run(direction: Direction, names: readonly Name[]): { state: State; reply: Reply; effects: string[] } {
  let last: { state: State; reply: Reply } = { state: begin(direction), reply: "ok" };
  const effects = names.flatMap((name) => {
    const next = step(direction, last.state, E[name]);
    last = next;
    return next.effects.map(short);
  });
  return { ...last, effects };
}

const row = (text: string): string[] => (text === "" ? [] : text.split(", "));

describe("in", () => {
  test.each<[string, Name[], string]>([
    ["all goes well", ["wanted", "info", "connected", "moved", "kept"], "accept, connect s5b, (candidates), (move), (keep), (disconnect), received, terminate success, done"],
    ["in-band from the start", ["wantedInBand", "connected", "moved", "kept"], "accept, connect ibb, (move), (keep), (disconnect), received, terminate success, done"],
    ["the hash comes before and after the last byte", ["wantedInBand", "connected", "checksum", "moved", "checksum"], "accept, connect ibb, (move), (checksum), (keep), (checksum)"],
    ["not wanted", ["unwanted"], "(disconnect), terminate media-error, failed over-quota"],
    ["SOCKS5 comes to nothing, he replaces it", ["wanted", "unconnected", "replace", "connected"], "accept, connect s5b, (disconnect), (disconnect), transport-accept, connect ibb, (move)"],
    ["he gives SOCKS5 up before us", ["wanted", "replace", "connected"], "accept, connect s5b, (disconnect), transport-accept, connect ibb, (move)"],
    ["he replaces it by what we have not", ["wanted", "unconnected", "replaceOther", "timeout"], "accept, connect s5b, (disconnect), transport-reject, (disconnect), terminate failed-transport, failed stream-unreachable"],
    ["he never replaces it", ["wanted", "unconnected", "timeout"], "accept, connect s5b, (disconnect), (disconnect), terminate failed-transport, failed stream-unreachable"],
    ["in-band comes to nothing", ["wantedInBand", "unconnected"], "accept, connect ibb, (disconnect), terminate failed-transport, failed stream-unreachable"],
    ["our acceptance bounces", ["wanted", "bounced"], "accept, connect s5b, (disconnect), failed stream-unreachable"],
    ["he takes it back at once", ["gone", "wanted"], "(disconnect), cut"],
    ["he calls it off before a byte has come", ["wanted", "cancel"], "accept, connect s5b, (disconnect), failed called-off"],
    ["he calls it off while it is judged", ["cancel", "wanted"], "(disconnect), failed called-off"],
    ["he takes the content back before a byte has come", ["wanted", "unconnected", "remove"], "accept, connect s5b, (disconnect), (disconnect), terminate cancel, failed called-off"],
    ["he vanishes before there is a stream", ["wanted", "vanished"], "accept, connect s5b, (disconnect), failed stream-unreachable"],
    ["he vanishes while it is judged", ["vanished", "wanted"], "(disconnect), failed stream-unreachable"],
    ["he vanishes, and the stream goes on", ["wanted", "connected", "vanished", "moved", "vanished", "kept"], "accept, connect s5b, (move), (keep), (disconnect), received, terminate success, done"],
    ["he takes it back while bytes move", ["wanted", "connected", "decline"], "accept, connect s5b, (move), (disconnect), cut"],
    ["the stream breaks", ["wanted", "connected", "broken"], "accept, connect s5b, (move), (disconnect), terminate connectivity-error, cut"],
    ["he leaves with his last byte", ["wanted", "connected", "success", "moved", "kept"], "accept, connect s5b, (move), (keep), (disconnect), done"],
    ["he leaves, and it was not all", ["wanted", "connected", "success", "broken"], "accept, connect s5b, (move), (disconnect), cut"],
    ["he leaves while it is being kept", ["wanted", "connected", "moved", "gone", "kept"], "accept, connect s5b, (move), (keep), (disconnect), done"],
    ["it cannot be kept", ["wanted", "connected", "moved", "unwanted"], "accept, connect s5b, (move), (keep), (disconnect), terminate media-error, failed over-quota"],
    ["it never is", ["wanted", "connected", "moved", "timeout"], "accept, connect s5b, (move), (keep), (disconnect), terminate failed-application, failed storage-down"],
    ["a second file", ["wanted", "add"], "accept, connect s5b, content-reject"],
    ["we stop", ["wanted", "connected", "stopping"], "accept, connect s5b, (move), (disconnect), terminate gone, failed stopping"],
  ])("%s", (_, names, effects) => expect(run("in", names).effects).toEqual(row(effects))); // prettier-ignore

  test.each<[Name[], Reply]>([
    [["accept"], "out-of-order"],
    [["wanted", "accept"], "out-of-order"],
    [["wanted", "replaced"], "out-of-order"],
    [["wanted", "reject"], "out-of-order"],
    [["wanted", "odd"], "unsupported-info"],
    [["wanted", "ping"], "ok"],
    [["wanted", "remark"], "ok"],
    [["decline", "received"], "ok"],
    [["decline", "accept"], "ok"],
  ])("after %j: %s", (names, reply) => expect(run("in", names).reply).toBe(reply));
});

describe("out", () => {
  test.each<[string, Name[], string]>([
    ["all goes well", ["accept", "info", "connected", "last", "moved", "received", "success"], "connect s5b, (candidates), (move), (disconnect), done"],
    ["he says no good-bye", ["acceptInBand", "connected", "last", "moved", "received", "timeout"], "connect ibb, (move), (disconnect), done, terminate success"],
    ["he says nothing but good-bye", ["accept", "connected", "last", "moved", "success"], "connect s5b, (move), (disconnect), done"],
    ["he is faster than our stream", ["accept", "connected", "last", "received", "moved", "success"], "connect s5b, (move), (disconnect), done"],
    ["he lets go of the stream first", ["accept", "connected", "last", "broken", "success"], "connect s5b, (move), (disconnect), done"],
    ["he says nothing", ["accept", "connected", "last", "moved", "timeout"], "connect s5b, (move), (disconnect), terminate timeout, failed no-method"],
    ["the stream breaks at the last byte, and he says nothing", ["accept", "connected", "last", "broken", "timeout"], "connect s5b, (move), (disconnect), terminate connectivity-error, cut"],
    ["the stream breaks", ["accept", "connected", "broken"], "connect s5b, (move), (disconnect), terminate connectivity-error, cut"],
    ["success before the last byte is none", ["accept", "connected", "success"], "connect s5b, (move), (disconnect), cut"],
    ["received before the last byte is none", ["accept", "connected", "received", "broken"], "connect s5b, (move), (disconnect), terminate connectivity-error, cut"],
    ["it came damaged", ["accept", "connected", "last", "moved", "damaged"], "connect s5b, (move), (disconnect), cut"],
    ["declined", ["decline"], "(disconnect), declined"],
    ["declined in the middle", ["accept", "connected", "decline"], "connect s5b, (move), (disconnect), declined"],
    ["the content is refused", ["remove"], "(disconnect), terminate cancel, declined"],
    ["he cannot", ["bounced"], "(disconnect), failed no-method"],
    ["he goes", ["gone"], "(disconnect), failed no-method"],
    ["he accepts something else", ["acceptOther"], "(disconnect), terminate incompatible-parameters, failed no-method"],
    ["he never answers", ["timeout"], "(disconnect), terminate timeout, failed no-method"],
    ["SOCKS5 comes to nothing", ["accept", "unconnected", "replaced", "connected"], "connect s5b, (disconnect), replace, connect ibb, (move)"],
    ["he will not have in-band", ["accept", "unconnected", "reject"], "connect s5b, (disconnect), replace, (disconnect), terminate failed-transport, failed no-method"],
    ["the replacement bounces", ["accept", "unconnected", "bounced"], "connect s5b, (disconnect), replace, (disconnect), terminate failed-transport, failed no-method"],
    ["he replaces it himself", ["accept", "replace", "connected"], "connect s5b, (disconnect), transport-accept, connect ibb, (move)"],
    ["the file cannot be read", ["accept", "connected", "unwanted"], "connect s5b, (move), (disconnect), terminate media-error, failed over-quota"],
    ["withdrawn", ["withdrawn"], "(disconnect), terminate cancel, withdrawn"],
    ["withdrawn in the middle", ["accept", "connected", "withdrawn", "received"], "connect s5b, (move), (disconnect), terminate cancel, withdrawn"],
    ["we stop", ["accept", "stopping"], "connect s5b, (disconnect), terminate gone, withdrawn"],
  ])("%s", (_, names, effects) => expect(run("out", names).effects).toEqual(row(effects))); // prettier-ignore

  test.each<[Name[], Reply]>([
    [["replaced"], "out-of-order"],
    [["accept", "accept"], "out-of-order"],
    [["accept", "unconnected", "replace"], "tie-break"],
    [["decline", "success"], "ok"],
  ])("after %j: %s", (names, reply) => expect(run("out", names).reply).toBe(reply));
});

test("whatever happens: it ends when nothing happens any more, tells of it once, and leaves nothing open", () => {
  const names = Object.keys(E) as Name[];
  fc.assert(
    fc.property(
      fc.constantFrom<Direction>("in", "out"),
      fc.array(fc.constantFrom(...names), { maxLength: 30 }),
      (direction, list) => {
        let state = begin(direction);
        let open = false;
        let outcomes = 0;
        const feed = (event: Event): void => {
          const wasEnded = state.at === "ended";
          const next = step(direction, state, event);
          for (const effect of next.effects) {
            if (effect.type === "connect") open = true;
            if (effect.type === "disconnect") open = false;
            if (effect.type === "outcome") outcomes++;
          }
          if (wasEnded) expect(next).toEqual({ state, reply: "ok", effects: [] });
          expect(outcomes).toBeLessThanOrEqual(1);
          state = next.state;
        };
        for (const name of list) feed(E[name]);
        for (let i = 0; i < 3; i++) {
          if (state.at !== "ended") expect(patience(direction, state)).toBeGreaterThan(0);
          feed(E.timeout);
        }
        expect([state.at, open, outcomes]).toEqual(["ended", false, 1]);
      },
    ),
    { numRuns: 3000 },
  );
});

test("every refusal has a reason", () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) expect(reasonOf(code).condition).not.toBe("success");
});
