/** Several files in one Jingle session that a peer has begun (XEP-0234 §6, XEP-0166 §7.2): stanza by stanza, and with whatever may come. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { IncomingFile } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { xml, type Element } from "../../component/messenger/stanza.js";
import { settled } from "../harness/fake-clock.js";
import { BOT, FT, ROMEO, bringing, playedJingle, type PlayedJingle } from "../harness/played-jingle.js";

const OWN = { host: "192.0.2.1", port: 8010 };

let { stream, clock, sessions, received, awaited, expected, say, arrives }: PlayedJingle = playedJingle();
let verdict: (file: IncomingFile) => Refusal | undefined | Promise<Refusal | undefined>;

function play(): void {
  verdict = () => undefined;
  const played = playedJingle({ verdict: (file) => verdict(file), own: [OWN] });
  ({ stream, clock, sessions, received, awaited, expected, say, arrives } = played);
}
beforeEach(play);

/** What is sent under a name, ten bytes each. */
const bytesOf = (name: string): Buffer => createHash("sha256").update(name).digest().subarray(0, 10);
const ibb = (sid: string): string => `<transport xmlns="urn:xmpp:jingle:transports:ibb:1" sid="${sid}"/>`;
const s5b = (sid: string, inner = ""): string =>
  `<transport xmlns="urn:xmpp:jingle:transports:s5b:1" sid="${sid}">${inner}</transport>`;
const content = (name: string, inner = ""): string =>
  `<content creator="initiator" name="${name}" senders="initiator">${inner}</content>`;
/** A file of its content's name, in-band under the same one. */
const file = (name: string, transport = ibb(name), inner = ""): string =>
  content(name, `<description xmlns="${FT}"><file><name>${name}.bin</name><size>10</size>${inner}</file></description>${transport}`); // prettier-ignore
const files = (...names: string[]): string => names.map((name) => file(name)).join("");
const CALL = content("call", `<description xmlns="urn:xmpp:jingle:apps:rtp:1"/>${ibb("call")}`);
const tooLarge = (...names: string[]): void => {
  verdict = ({ name }) =>
    names.some((one) => name === `${one}.bin`) ? new Refusal("too-large", { name, size: "10 B", limit: "9 B" }) : undefined; // prettier-ignore
};

/** What we have said: the action, which contents it names, and its reason. */
function said(): string[] {
  return stream.take().map((iq) => {
    const jingle = iq.getChild("jingle", "urn:xmpp:jingle:1")!;
    const names = jingle.getChildren("content").map(({ attrs }) => attrs["name"] as string);
    const info = jingle.getChildElements().flatMap((e) => (e.getNS() === FT ? [`${e.getName()} ${String(e.attrs["name"])}`] : [])); // prettier-ignore
    const reason = jingle.getChild("reason")?.getChildElements()[0]?.getName() ?? [];
    return [jingle.attrs["action"] as string, ...names, ...info].concat(reason).join(" ");
  });
}

/** How each file ended, by its name: "complete" with all of its own bytes, or why not. */
const ends = (): Record<string, string | undefined> =>
  Object.fromEntries(
    received.map(({ file: { name }, bytes, outcome, outcomes }) => {
      if (outcome !== undefined && outcomes !== 1) return [name, `${outcomes} outcomes`];
      if (outcome !== "complete") return [name, outcome?.code];
      return [name, bytes.equals(bytesOf(name.replace(".bin", ""))) ? "complete" : "other bytes"];
    }),
  );
const arrive = (name: string): Promise<unknown> => arrives(bytesOf(name), name);

function isQuiet(): void {
  expect([clock.waiting, awaited.size, expected.size]).toEqual([0, 0, 0]);
}

describe("three in one session", () => {
  test("in-band: one acceptance, a word for each, and one good-bye", async () => {
    expect(await say("session-initiate", files("a", "b", "c"))).toBe("ok");
    const [accept] = stream.sent;
    const jingle = accept!.getChild("jingle")!;
    expect(jingle.attrs["responder"]).toBe(BOT);
    for (const one of jingle.getChildren("content"))
      expect(one.getChildElements().map((e) => e.getName())).toEqual(["description", "transport"]);
    expect(said()).toEqual(["session-accept a b c"]);
    await arrive("b");
    expect(said()).toEqual(["session-info received b"]);
    await arrive("a");
    await arrive("c");
    expect(said()).toEqual(["session-info received a", "session-info received c", "session-terminate success"]);
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "complete", "c.bin": "complete" });
    expect(await say("session-terminate", "<reason><success/></reason>")).toBe("ok");
    isQuiet();
  });

  test("over SOCKS5, each by a stream of its own", async () => {
    await say("session-initiate", ["a", "b", "c"].map((name) => file(name, s5b(`t-${name}`))).join(""));
    const accept = stream.sent.find((iq) => iq.getChild("jingle")!.attrs["action"] === "session-accept")!;
    // The peer has no hosts, which is said of each, and not before the acceptance.
    expect(said()).toEqual(["session-accept a b c", "transport-info a", "transport-info b", "transport-info c"]);
    const offered = accept.getChild("jingle")!.getChildren("content").map((one): [string, Element] => [String(one.attrs["name"]), one.getChild("transport")!]); // prettier-ignore
    const used = offered.map(
      ([name, transport]) =>
      content(name, s5b(`t-${name}`, `<candidate-used cid="${String(transport.getChild("candidate")!.attrs["cid"])}"/>`)), // prettier-ignore
    );
    for (const [name, transport] of offered) {
      const address = String(transport.attrs["dstaddr"]);
      expected.get(address)!(bringing(bytesOf(name)), address);
    }
    expect(await say("transport-info", used.join(""))).toBe("ok"); // of all of them at once
    for (let i = 0; i < 5; i++) await settled();
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "complete", "c.bin": "complete" });
    expect(said()).toEqual([...["a", "b", "c"].map((name) => `session-info received ${name}`), "session-terminate success"]); // prettier-ignore
    isQuiet();
  });

  test("one goes from SOCKS5 to in-band, and the others stay", async () => {
    await say("session-initiate", file("a", s5b("t")) + file("b"));
    await say("transport-info", content("a", s5b("t", "<candidate-error/>")));
    said();
    expect(await say("transport-replace", content("a", ibb("a")))).toBe("ok");
    expect(said()).toEqual(["transport-accept a"]);
    await arrive("a");
    await arrive("b");
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "complete" });
  });

  test("two under one stream's name: the second has none", async () => {
    await say("session-initiate", file("a") + file("b", ibb("a")));
    expect(said()).toEqual(["session-accept a b", "content-remove b failed-transport"]);
    await arrive("a");
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "stream-unreachable" });
    isQuiet();
  });

  test("a hash that is said later is that of the file it names", async () => {
    const follows = `<hash-used xmlns="urn:xmpp:hashes:2" algo="sha-256"/>`;
    const hash = `<hash xmlns="urn:xmpp:hashes:2" algo="sha-256">hNiYdl9OQTIxUDtTHjN2WrROfPhm5m6MMxHO2Aw0NNk=</hash>`;
    const checksum = (attrs: string): string => `<checksum xmlns="${FT}" ${attrs}><file>${hash}</file></checksum>`;
    await say("session-initiate", file("a", ibb("a"), follows) + file("b", ibb("b"), follows));
    await arrive("a");
    await arrive("b");
    expect(await say("session-info", checksum(""))).toBe("ok"); // anybody's
    expect(await say("session-info", checksum(`name="z"`))).toBe("ok");
    expect(ends()).toEqual({ "a.bin": undefined, "b.bin": undefined });
    expect(await say("session-info", checksum(`name="b"`))).toBe("ok");
    expect(ends()).toEqual({ "a.bin": undefined, "b.bin": "complete" });
    await clock.turn(15_001);
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "complete" });
  });
});

describe("some are refused", () => {
  test("one, before the acceptance of the others", async () => {
    tooLarge("b");
    await say("session-initiate", files("a", "b", "c"));
    expect(stream.sent[0]!.toString()).toContain("b.bin is too large: 10 B, and I take files of up to 9 B.");
    expect(said()).toEqual(["content-remove b media-error", "session-accept a c"]);
    expect(await say("transport-info", content("b", ibb("b")))).toBe("ok"); // late
    await arrive("a");
    await arrive("c");
    expect(said().at(-1)).toBe("session-terminate success");
    expect(ends()).toEqual({ "a.bin": "complete", "c.bin": "complete" });
  });

  test("all: the session ends with the first one's reason", async () => {
    tooLarge("a", "c");
    await say("session-initiate", file("a") + CALL + file("c"));
    expect(said()).toEqual(["session-terminate unsupported-applications"]); // which is seen before the office is asked
    isQuiet();
    await say("session-initiate", file("a") + file("c"), { sid: "s2" });
    expect(stream.sent[0]!.toString()).toContain("a.bin is too large");
    expect(said()).toEqual(["session-terminate media-error"]);
  });

  test("what is no file", async () => {
    await say("session-initiate", CALL + file("a"));
    expect(said()).toEqual(["content-remove call unsupported-applications", "session-accept a"]);
    expect(await say("content-add", CALL)).toBe("ok");
    expect(said()).toEqual(["content-reject call unsupported-applications"]);
    await arrive("a");
    expect(ends()).toEqual({ "a.bin": "complete" });
  });

  test("one whose judging takes its time: the others wait for it, and say nothing before", async () => {
    let judged = (): void => {};
    const wait = new Promise<undefined>((resolve) => (judged = () => resolve(undefined)));
    verdict = ({ name }) => (name === "b.bin" ? wait : undefined);
    await say("session-initiate", file("a", s5b("t")) + file("b") + file("c"));
    await arrive("c"); // a hasty client
    expect(said()).toEqual([]);
    judged();
    await settled();
    await settled();
    expect(said()).toEqual(["session-accept c a b", "transport-info a", "session-info received c"]);
  });

  test("more than sixteen at once; there is room again when some have ended", async () => {
    const many = Array.from({ length: 20 }, (_, i) => `f${i}`);
    await say("session-initiate", files(...many));
    const [first, ...rest] = [many.slice(0, 16), many.slice(16)].map((names) => names.join(" "));
    expect(said()).toEqual([`content-remove ${rest.join(" ")} busy`, `session-accept ${first}`]);
    await say("content-add", files("more"));
    expect(said()).toEqual(["content-reject more busy"]);
    await arrive("f3");
    await say("content-add", files("more"));
    expect(said()).toEqual(["session-info received f3", "content-accept more"]);
  });

  test("each is one of those that a person may have begun", async () => {
    const names = (of: string): string[] => Array.from({ length: 15 }, (_, i) => `${of}${i}`);
    await say("session-initiate", files(...names("a")));
    await say("session-initiate", files(...names("b")), { sid: "s2" });
    said();
    await say("session-initiate", files("c1", "c2", "c3"), { sid: "s3" });
    expect(said()).toEqual(["content-remove c3 busy", "session-accept c1 c2"]);
    expect(await say("session-initiate", files("d"), { sid: "s4" })).toBe("policy-violation");
    await say("session-terminate", "<reason><cancel/></reason>");
    expect(await say("session-initiate", files("d"), { sid: "s5" })).toBe("ok");
  });

  test("two of one name: nobody could tell them apart", async () => {
    expect(await say("session-initiate", file("a") + file("a", ibb("other")))).toBe("bad-request");
    expect(received).toEqual([]);
    await say("session-initiate", file("a"));
    expect(await say("content-add", files("b", "b"))).toBe("bad-request");
    expect(said()).toEqual(["session-accept a"]);
    expect(await say("content-add", file("a", ibb("other")) + file("b"))).toBe("ok");
    expect(said()).toEqual(["content-reject a incompatible-parameters", "content-accept b"]);
    await arrive("a");
    await arrive("b");
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "complete" });
    expect(received).toHaveLength(2);
  });
});

describe("while it goes on", () => {
  test("a file is added, and the session lasts until it is there", async () => {
    await say("session-initiate", files("a"));
    expect(await say("content-add", files("b", "c"))).toBe("ok");
    expect(said()).toEqual(["session-accept a", "content-accept b", "content-accept c"]);
    await arrive("a");
    expect(said()).toEqual(["session-info received a"]);
    tooLarge("d");
    await say("content-add", files("d"));
    expect(said()).toEqual(["content-reject d media-error"]);
    await arrive("b");
    await arrive("c");
    expect(said()).toEqual(["session-info received b", "session-info received c", "session-terminate success"]);
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "complete", "c.bin": "complete" });
    isQuiet();
  });

  test("a file is added before there is an answer: the answer is for it, too", async () => {
    let judged = (): void => {};
    const wait = new Promise<undefined>((resolve) => (judged = () => resolve(undefined)));
    verdict = async ({ name }) => {
      await wait;
      return name === "c.bin" ? new Refusal("over-quota", {}) : undefined;
    };
    await say("session-initiate", files("a"));
    await say("content-add", files("b", "c"));
    judged();
    await settled();
    expect(said()).toEqual(["content-reject c media-error", "session-accept a b"]);
  });

  test("the peer takes one back, and the others are whole", async () => {
    await say("session-initiate", files("a", "b", "c"));
    said();
    expect(await say("content-remove", `${content("b")}<reason><cancel/></reason>`)).toBe("ok");
    expect(await say("content-remove", content("nothing"))).toBe("ok");
    expect(said()).toEqual([]);
    await arrive("a");
    expect(await say("content-remove", content("a"))).toBe("ok"); // it is here
    await arrive("c");
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "called-off", "c.bin": "complete" });
    expect(said()).toEqual(["session-info received a", "session-info received c", "session-terminate success"]);
    isQuiet();
  });

  test("the peer takes all of them back: the session is void", async () => {
    await say("session-initiate", files("a", "b", "c"));
    said();
    expect(await say("content-remove", content("a") + content("b") + content("c"))).toBe("ok");
    expect(said()).toEqual(["session-terminate cancel"]);
    isQuiet();
  });

  test("one breaks, and the others do not", async () => {
    await say("session-initiate", files("a", "b"));
    await arrives(bytesOf("a").subarray(1), "a");
    expect(said()).toEqual(["session-accept a b", "content-remove a connectivity-error"]);
    await arrive("b");
    expect(ends()).toEqual({ "a.bin": "stream-cut", "b.bin": "complete" });
    expect(said()).toEqual(["session-info received b", "session-terminate success"]);
  });

  test("the peer breaks off everything", async () => {
    await say("session-initiate", files("a", "b", "c"));
    await arrive("a");
    said();
    expect(await say("session-terminate", "<reason><cancel/></reason>")).toBe("ok");
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "called-off", "c.bin": "called-off" });
    expect(said()).toEqual([]);
    isQuiet();
  });

  test("the peer says good-bye with success before all of it is through: what is on its way is kept", async () => {
    await say("session-initiate", files("a", "b"));
    let flow = (): void => {};
    const slow = bringing(bytesOf("a"));
    awaited.get("a")!({
      ...slow,
      receive: async (most, sink, signal) => {
        await new Promise<void>((resolve) => (flow = resolve));
        return slow.receive(most, sink, signal);
      },
    });
    await settled();
    await say("session-terminate", "<reason><success/></reason>");
    expect(await say("content-add", files("c"))).toBe("unexpected-request out-of-order");
    flow();
    for (let i = 0; i < 5; i++) await settled();
    expect(ends()).toEqual({ "a.bin": "complete", "b.bin": "stream-unreachable" });
    expect(said()).toEqual(["session-accept a b"]);
    isQuiet();
  });

  test("the peer is asked for nothing twice, and a ping is answered once", async () => {
    await say("session-initiate", files("a", "b"));
    expect(await say("session-info")).toBe("ok");
    expect(await say("session-info", "<active xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>")).toBe("feature-not-implemented unsupported-info"); // prettier-ignore
    expect(await say("transport-info", content("z", ibb("z")))).toBe("bad-request");
    expect(await say("session-accept", files("a"))).toBe("unexpected-request out-of-order");
    expect(said()).toEqual(["session-accept a b"]);
  });

  test("his client goes away; the program ends", async () => {
    await say("session-initiate", files("a", "b"));
    await say("session-initiate", files("c", "d"), { sid: "s2", from: "romeo@example.org/balcony" });
    said();
    await stream.receive(xml("presence", { type: "unavailable", from: ROMEO, to: "bot@files.example.org" }));
    await settled();
    await settled();
    expect(said()).toEqual([]);
    sessions.stop();
    await settled();
    expect(said()).toEqual(["session-terminate gone"]);
    expect(ends()).toEqual({ "a.bin": "stream-unreachable", "b.bin": "stream-unreachable", "c.bin": "stopping", "d.bin": "stopping" }); // prettier-ignore
    isQuiet();
  });

  test("the acceptance bounces: so does every file", async () => {
    stream.answer = () => {
      throw new Refusal("not-found");
    };
    await say("session-initiate", files("a", "b"));
    await settled();
    expect(ends()).toEqual({ "a.bin": "stream-unreachable", "b.bin": "stream-unreachable" });
    isQuiet();
  });
});

describe("whatever comes", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });
  type Act = () => Promise<unknown>;
  const inSession = (action: string, inner: (one: string) => string): fc.Arbitrary<[string, Act]> =>
    names.map((some) => [`${action} ${some.join(" ")}`, () => say(action, some.map(inner).join(""))]);
  const act = fc.oneof(
    inSession("content-add", (one) => file(one)),
    inSession("content-add", (one) => file(one, s5b(`t-${one}`))),
    inSession("content-remove", (one) => content(one)),
    inSession("transport-info", (one) => content(one, s5b(`t-${one}`, "<candidate-error/>"))),
    inSession("transport-replace", (one) => content(one, ibb(one))),
    name.map((one): [string, Act] => [`bytes ${one}`, async () => awaited.has(one) && (await arrive(one))]),
    name.map((one): [string, Act] => [`cut ${one}`, async () => awaited.has(one) && (await arrives(Buffer.alloc(3), one))]), // prettier-ignore
    fc.constantFrom("success", "cancel", "gone").map((why): [string, Act] => [`terminate ${why}`, () => say("session-terminate", `<reason><${why}/></reason>`)]), // prettier-ignore
    fc.constantFrom(10, 20_000, 61_000).map((ms): [string, Act] => [`${ms} ms`, () => clock.turn(ms)]),
  );

  test("every file has one end, and nothing stays open", async () => {
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.subarray(["a", "c"]),
        fc.subarray(["b", "c"]),
        fc.array(act, { maxLength: 8 }),
        async (first, large, slow, acts) => {
          play();
          tooLarge(...large);
          const quick = verdict;
          verdict = (one) =>
            slow.some((each) => one.name === `${each}.bin`)
              ? new Promise((resolve) => clock.after(30_000, () => resolve(quick(one))))
              : quick(one);
          await say("session-initiate", files(...first));
          for (const [, happens] of acts) await happens();
          await clock.turn(200_000);
          await clock.turn(700_000);
          for (const { outcomes } of received) expect(outcomes).toBe(1);
          isQuiet();
          const goodByes = said().filter((words) => words.startsWith("session-terminate"));
          expect(goodByes.length).toBeLessThanOrEqual(1);
          expect(await say("session-info")).toBe("ok"); // it is remembered
          expect(await say("session-initiate", files("e"), { sid: "fresh" })).toBe("ok");
        },
      ),
      { numRuns: 300 },
    );
  });
});
