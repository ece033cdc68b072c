/** Jingle sessions with a peer that the test plays, stanza by stanza: what is accepted, refused, and answered after the end. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { IncomingFile } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { xml } from "../../component/messenger/stanza.js";
import { settled } from "../harness/fake-clock.js";
import { BOT, FT, ROMEO, playedJingle, type PlayedJingle } from "../harness/played-jingle.js";

let { stream, clock, sessions, received, awaited, say, said, arrives }: PlayedJingle = playedJingle();
let verdict: (file: IncomingFile) => Refusal | undefined;
let before: Buffer;

beforeEach(() => {
  verdict = () => undefined;
  before = Buffer.alloc(0);
  const played = playedJingle({ verdict: (file) => verdict(file), before: () => before });
  ({ stream, clock, sessions, received, awaited, say, said, arrives } = played);
});

const IBB = `<transport xmlns="urn:xmpp:jingle:transports:ibb:1" sid="t" block-size="4096"/>`;
const offer = (file = "<name>a.bin</name><size>10</size>", transport = IBB, attrs = `senders="initiator"`): string =>
  `<content creator="initiator" name="c" ${attrs}><description xmlns="${FT}"><file>${file}</file></description>${transport}</content>`;

const TEN = Buffer.from("0123456789");

test("a file is taken in, and he is told", async () => {
  expect(await say("session-initiate", offer())).toBe("ok");
  expect(said()).toEqual(["session-accept"]);
  const { closed } = await arrives(TEN);
  expect(received).toMatchObject([{ from: ROMEO, to: BOT, file: { name: "a.bin", size: 10 }, outcome: "complete", outcomes: 1, bytes: TEN }]); // prettier-ignore
  expect(said()).toEqual(["session-info received", "session-terminate success"]);
  expect([closed, clock.waiting]).toEqual([true, 0]);
});

test("his client goes away before there is a stream: nobody waits for it", async () => {
  await say("session-initiate", offer(), { sid: "s1" });
  await say("session-initiate", offer(), { sid: "s2", from: "romeo@example.org/balcony" });
  said();
  await stream.receive(xml("presence", { type: "unavailable", from: ROMEO, to: "bot@files.example.org" }));
  await settled();
  await settled();
  expect(received.map(({ outcome }) => outcome)).toEqual([expect.objectContaining({ code: "stream-unreachable" }), undefined]); // prettier-ignore
  expect(said()).toEqual([]);
});

test("everything comes from the address that was addressed", async () => {
  await say("session-initiate", offer(), { to: "juliet\\40example.org@files.example.org/(null)" });
  await arrives(TEN);
  for (const iq of stream.take()) expect(iq.attrs["from"]).toBe("juliet\\40example.org@files.example.org/(null)");
});

describe("what is refused", () => {
  const OMEMO = `<security xmlns="urn:xmpp:jingle:jet-omemo:0"/></content>`;
  test.each<[string, string, string | RegExp]>([
    ["a request for a file", offer(undefined, IBB, `senders="responder"`), /failed-application .* file-not-available$/],
    ["an encrypted one", offer().replace("</content>", OMEMO), /security-error “That message was encrypted/],
    ["a transport that we have not", offer(undefined, `<transport xmlns="urn:xmpp:jingle:transports:webrtc:0"/>`), /unsupported-transports “/],
    ["the same, under a name with a path", offer("<name>/home/romeo/a.bin</name><size>10</size>", `<transport xmlns="urn:xmpp:jingle:transports:webrtc:0"/>`), /to move a\.bin\./],
    ["a call", offer().replaceAll(FT, "urn:xmpp:jingle:apps:rtp:1"), /unsupported-applications “/],
    ["a file without a size", offer("<name>a</name>"), /incompatible-parameters “/],
    ["the end of a file whose beginning is not here", offer(`<size>10</size><range offset="5"/>`), /incompatible-parameters “/],
  ])("%s", async (_, inner, reason) => {
    expect(await say("session-initiate", inner)).toBe("ok");
    expect(said()).toEqual([expect.stringMatching(reason)]);
    expect(received.every(({ outcomes }) => outcomes === 1)).toBe(true);
    expect(clock.waiting).toBe(0);
  }); // prettier-ignore

  test("what is wrong with an offer that was taken back while it was judged leaves nothing open", async () => {
    const offered = say("session-initiate", offer(`<size>10</size><range offset="5"/>`));
    await say("session-terminate", "<reason><cancel/></reason>");
    await offered;
    expect(received.map(({ outcomes }) => outcomes)).toEqual([1]);
  });

  test("by the office, in its words", async () => {
    verdict = () => new Refusal("too-large", { name: "a.bin", size: "10 B", limit: "9 B" });
    await say("session-initiate", offer());
    expect(said()).toEqual(["session-terminate media-error “a.bin is too large: 10 B, and I take files of up to 9 B.” file-too-large"]); // prettier-ignore
  });

  test("too many sessions of one person", async () => {
    verdict = () => undefined;
    const answers: string[] = [];
    for (let i = 0; i < 40; i++) answers.push(await say("session-initiate", offer(undefined, IBB.replace(`"t"`, `"t${i}"`)), { sid: `s${i}` })); // prettier-ignore
    expect(answers.filter((answer) => answer === "ok")).toHaveLength(32);
    expect(answers.at(-1)).toBe("policy-violation");
    await say("session-terminate", "<reason><cancel/></reason>", { sid: "s0" });
    expect(await say("session-initiate", offer(), { sid: "more" })).toBe("ok");
  });
});

describe("which session", () => {
  test("nobody's", async () => {
    expect(await say("session-terminate")).toBe("item-not-found unknown-session");
    expect(await say("session-accept")).toBe("item-not-found unknown-session");
  });

  test("the same sid from another client is another session", async () => {
    await say("session-initiate", offer());
    expect(await say("session-initiate", offer(), { from: "romeo@example.org/balcony" })).toBe("ok");
    expect(await say("session-terminate", "", { from: "eve@example.org/x" })).toBe("item-not-found unknown-session");
    expect(received).toHaveLength(2);
  });

  test("a session belongs to the address that was addressed", async () => {
    await say("session-initiate", offer());
    expect(await say("session-terminate", "", { to: "files.example.org" })).toBe("item-not-found unknown-session");
  });

  test("a sid is used once, until it is forgotten", async () => {
    await say("session-initiate", offer());
    expect(await say("session-initiate", offer())).toBe("conflict");
    await say("session-terminate", "<reason><cancel/></reason>");
    expect(await say("session-initiate", offer())).toBe("conflict");
  });

  test("what comes after the end is answered as if it were still there, for a while", async () => {
    await say("session-initiate", offer());
    await arrives(TEN);
    stream.take();
    expect(await say("session-info", `<checksum xmlns="${FT}"><file/></checksum>`)).toBe("ok");
    expect(await say("session-terminate", "<reason><success/></reason>")).toBe("ok");
    expect(said()).toEqual([]);
    await clock.turn(301_000);
    await say("session-initiate", offer(), { sid: "other" });
    await say("session-terminate", "", { sid: "other" });
    expect(await say("session-terminate")).toBe("item-not-found unknown-session");
  });

  test("nonsense", async () => {
    expect(await say("session-initiate")).toBe("bad-request");
    expect(await say("explode")).toBe("bad-request");
    expect(await say("session-initiate", offer(), { from: "romeo@example.org" })).toBe("bad-request");
    await say("session-initiate", offer());
    expect(await say("transport-info")).toBe("bad-request");
    expect(await say("session-accept", offer())).toBe("unexpected-request out-of-order");
    expect(await say("session-info", "<active xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>")).toBe("feature-not-implemented unsupported-info"); // prettier-ignore
  });
});

describe("the bytes", () => {
  test("go on where they were cut, when he can", async () => {
    before = TEN.subarray(0, 4);
    await say("session-initiate", offer("<name>a.bin</name><size>10</size><range/>"));
    const [accept] = stream.take();
    expect(accept!.toString()).toContain(`<range offset="4"/>`);
    await arrives(TEN.subarray(4));
    expect(received).toMatchObject([{ outcome: "complete", bytes: TEN }]);
  });

  test("are refused when they are of another file than what is here", async () => {
    before = TEN.subarray(0, 4);
    await say("session-initiate", offer("<name>a.bin</name><size>10</size><range/>"));
    stream.take();
    received[0]!.write = () => Promise.reject(new Refusal("other-file", { name: "a.bin" }));
    await arrives(TEN.subarray(4));
    expect(received).toMatchObject([{ outcome: { code: "other-file" }, outcomes: 1 }]);
    expect(said()).toEqual([expect.stringMatching(/^session-terminate media-error “What I had of a\.bin is of another file/)]); // prettier-ignore
  });

  test("begin at the beginning when he cannot", async () => {
    before = TEN.subarray(0, 4);
    await say("session-initiate", offer());
    expect(stream.take().join()).not.toContain("range");
    await arrives(TEN);
    expect(received).toMatchObject([{ outcome: "complete", bytes: TEN }]);
  });

  test("that are too few are a cut", async () => {
    await say("session-initiate", offer());
    await arrives(TEN.subarray(1));
    expect(received).toMatchObject([{ outcome: { code: "stream-cut" }, outcomes: 1 }]);
    expect(said().at(-1)).toBe("session-terminate connectivity-error");
  });

  test("are waited for, but not for ever", async () => {
    await say("session-initiate", offer());
    await clock.turn(61_000);
    expect(received).toMatchObject([{ outcome: { code: "stream-unreachable" }, outcomes: 1 }]);
    expect(said().at(-1)).toMatch(/^session-terminate failed-transport “I could not connect/);
    expect([awaited.size, clock.waiting]).toEqual([0, 0]);
  });

  test("a hash that was announced is waited for", async () => {
    const hash = `<hash xmlns="urn:xmpp:hashes:2" algo="sha-256">hNiYdl9OQTIxUDtTHjN2WrROfPhm5m6MMxHO2Aw0NNk=</hash>`;
    const wanted = `<size>10</size><hash-used xmlns="urn:xmpp:hashes:2" algo="sha-256"/>`;
    await say("session-initiate", offer(wanted));
    await arrives(TEN);
    expect(received[0]!.outcome).toBeUndefined();
    await say("session-info", `<checksum xmlns="${FT}" name="c"><file>${hash}</file></checksum>`);
    expect(received[0]!.outcome).toBe("complete");

    await say("session-initiate", offer(wanted), { sid: "s2" });
    await arrives(TEN);
    expect(received[1]!.outcome).toBeUndefined();
    await clock.turn(15_001);
    expect(received[1]!.outcome).toBe("complete");
  });
});

describe("from SOCKS5 to in-band", () => {
  const S5B = `<transport xmlns="urn:xmpp:jingle:transports:s5b:1" sid="t5"/>`;
  const about = (transport: string): string => `<content creator="initiator" name="c">${transport}</content>`;
  const error = about(S5B.replace("/>", "><candidate-error/></transport>"));

  test("as it should be", async () => {
    await say("session-initiate", offer(undefined, S5B));
    expect(said()).toEqual(["session-accept", "transport-info"]);
    expect(await say("transport-info", error)).toBe("ok");
    expect(await say("transport-replace", about(IBB))).toBe("ok");
    expect(said()).toEqual(["transport-accept"]);
    await arrives(TEN);
    expect(received).toMatchObject([{ outcome: "complete" }]);
  });

  test("as Gajim 1.x has it: no name, and a second acceptance", async () => {
    await say("session-initiate", offer(undefined, S5B));
    await say("transport-info", error);
    stream.take();
    await say("transport-replace", about(IBB.replace(`sid="t"`, `sid="None"`)));
    expect(said()).toEqual(["session-accept"]);
    await arrives(TEN, "None");
    expect(received).toMatchObject([{ outcome: "complete" }]);
  });

  test("and nothing follows", async () => {
    await say("session-initiate", offer(undefined, S5B));
    await say("transport-info", error);
    await clock.turn(61_000);
    expect(received).toMatchObject([{ outcome: { code: "stream-unreachable" }, outcomes: 1 }]);
    expect(clock.waiting).toBe(0);
  });
});

test("at the end of the program every session ends, and none begins", async () => {
  await say("session-initiate", offer());
  stream.take();
  sessions.stop();
  await settled();
  expect(said()).toEqual([expect.stringMatching(/^session-terminate gone “I am being restarted/)]);
  expect(received).toMatchObject([{ outcome: { code: "stopping" }, outcomes: 1 }]);
  expect(await say("session-initiate", offer(), { sid: "late" })).toBe("service-unavailable");
  expect(clock.waiting).toBe(0);
});
