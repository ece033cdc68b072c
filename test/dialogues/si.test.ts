/** Stream initiation in memory: stanzas by a fake server, SOCKS5 by real sockets on loopback, in-band by the real thing. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import type { ByteStream, OfferEvent, Parcel, Resource } from "../../component/control/ports.js";
import { systemClock } from "../../component/lib/clock.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, type FullJid, toJid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { Bits } from "../../component/messenger/methods/bits.js";
import { InBandStreams } from "../../component/messenger/in-band.js";
import { SiIntake } from "../../component/messenger/methods/si-intake.js";
import { SiMethod } from "../../component/messenger/methods/si.js";
import { type Element, StanzaError, xml } from "../../component/messenger/stanza.js";
import type { Proxy } from "../../component/messenger/streams.js";
import * as ibb from "../../component/messenger/wire/xep0047-ibb.js";
import * as s5b from "../../component/messenger/wire/xep0065-bytestreams.js";
import * as si from "../../component/messenger/wire/xep0095-si.js";
import * as ft from "../../component/messenger/wire/xep0096-si-ft.js";
import { Guard } from "../../component/transfer/guard.js";
import { SocksHosts } from "../../component/transfer/socks5/hosts.js";
import { FakeClock, settled } from "../harness/fake-clock.js";
import { FakeStream } from "../harness/fake-stream.js";
import { readerOf, receptionOf, type Received } from "../harness/receptions.js";

const BOT = bare("bot@files.example.org");
const SELF = toJid(`${BOT}/restante`) as FullJid;
const ROMEO = toJid("romeo@example.org/purple") as FullJid;
const MALLORY = toJid("mallory@example.org/purple") as FullJid;
const BYTES = randomBytes(200_000);

let stream: FakeStream;
let clock: FakeClock;
let ours: SocksHosts;
let his: SocksHosts;
let inBand: InBandStreams;
let intake: SiIntake;
let received: Received[];
/** What the office does about an offer. */
let before: Buffer;
let refusing: Refusal | undefined;
let judged: () => void;
let wake: () => void;

beforeEach(async () => {
  stream = new FakeStream();
  clock = new FakeClock();
  const guard = new Guard({ allowPrivate: true, ports: [] });
  const log = createLog("silent");
  const hosts = (): SocksHosts => new SocksHosts({ listen: { host: "127.0.0.1", port: 0 }, host: "127.0.0.1", guard, clock: systemClock, log }); // prettier-ignore
  [ours, his] = [hosts(), hosts()];
  await Promise.all([ours.start(), his.start()]);
  inBand = new InBandStreams({ router: stream, stream, clock });
  received = [];
  before = Buffer.alloc(0);
  refusing = undefined;
  judged = () => {};
  wake = () => {};
  const office = {
    receive: async (from: FullJid, to: FullJid, file: Received["file"]) => {
      if (refusing) throw refusing;
      judged();
      const one = receptionOf(from, to, file, () => wake(), before);
      received.push(one);
      return one;
    },
  };
  intake = new SiIntake({ router: stream, office: office, streamHosts: ours, inBand, clock, log });
  inBand.start();
  intake.start();
});
afterEach(async () => {
  await intake.stop();
  inBand.stop();
  await Promise.all([ours.stop(), his.stop()]);
});

const file = (more: ft.File = {}): ft.File => ({ name: "plan.bin", size: BYTES.length, ...more });
const iq = (payload: Element, from = ROMEO, to = SELF): Element =>
  xml("iq", { type: "set", id: "1", from, to }, payload);
const offer = (what: Partial<si.StreamInitiation> = {}): Element =>
  si.write({ id: "s1", profile: ft.NS, file: file(), method: { options: [s5b.NS, ibb.NS] }, ...what });
const ask = async (stanza: Element): Promise<Element> => (await stream.receive(stanza)) as Element;
/** [condition, specific condition, …] of an error, else "result". */
const conditions = (answer: Element): string[] =>
  answer.getChild("error")?.getChildElements().map((e) => e.name).filter((name) => name !== "text") ?? ["result"]; // prettier-ignore
const ended = async (n = 0): Promise<Received> => {
  while (received[n]?.outcome === undefined) await new Promise<void>((resolve) => (wake = resolve));
  await settled();
  return received[n];
};

/** Romeo's host waits for us, and sends these bytes to whoever comes. Answers the query that names it. */
function hosting(bytes: Buffer, { sid = "s1", to = SELF, close = true } = {}): Element {
  his.expect([s5b.destination(sid, ROMEO, to)], BOT, (byteStream) => void send(byteStream, bytes, close));
  return s5b.write({ sid, udp: false, hosts: [{ ...his.own[0]!, jid: ROMEO }] });
}

async function send(byteStream: ByteStream, bytes: Buffer, close: boolean): Promise<void> {
  await byteStream.write(bytes).catch(() => {});
  if (close) await byteStream.end().catch(() => {});
}

/** Romeo opens an in-band stream and sends these bytes in it. */
async function inBandSend(bytes: Buffer, { sid = "s1", close = true, from = ROMEO } = {}): Promise<string[]> {
  const opened = await ask(iq(ibb.writeOpen({ sid, blockSize: 4096, stanza: "iq" } as never), from));
  if (conditions(opened)[0] !== "result") return conditions(opened);
  for (let at = 0, seq = 0; at < bytes.length; at += 4096, seq++)
    await ask(iq(ibb.writeData(sid, seq, bytes.subarray(at, at + 4096)), from));
  if (close) await ask(iq(ibb.writeClose(sid), from));
  return ["result"];
}

describe("in", () => {
  test("by his host: accepted, connected, whole", async () => {
    const answer = await ask(iq(offer({ mediaType: "text/plain", file: file({ description: "for Juliet" }) })));
    expect(si.read(answer.getChildElements()[0]!)).toEqual({ method: { options: [], value: s5b.NS } });
    const used = await ask(iq(hosting(BYTES)));
    expect(s5b.read(used.getChildElements()[0]!)).toEqual({ sid: "s1", udp: false, hosts: [], used: ROMEO });
    const got = await ended();
    expect(got).toMatchObject({ from: ROMEO, to: SELF, outcome: "complete", outcomes: 1 });
    expect(got.file).toEqual({
      name: "plan.bin",
      size: BYTES.length,
      mediaType: "text/plain",
      description: "for Juliet",
    });
    expect(got.bytes.equals(BYTES)).toBe(true);
  });

  test.each([
    ["/(null), as libpurple has it where a presence had no resource", `${BOT}/(null)`],
    ["somebody's own address here", "juliet\\40example.org@files.example.org/x"],
  ])("%s: answered from there, and hashed with it", async (_, text) => {
    const to = toJid(text) as FullJid;
    const answer = await ask(iq(offer(), ROMEO, to));
    expect(answer.attrs).toMatchObject({ type: "result", from: to, to: ROMEO });
    expect(conditions(await ask(iq(hosting(BYTES, { to }), ROMEO, to)))).toEqual(["result"]);
    expect(await ended()).toMatchObject({ outcome: "complete", to });
  });

  test.each<[string, readonly string[], string]>([
    ["QXmpp: in-band first", [ibb.NS, s5b.NS], s5b.NS],
    ["in-band alone", [ibb.NS], ibb.NS],
    ["something else first", ["jabber:iq:oob", ibb.NS], ibb.NS],
  ])("the stream is chosen: %s", async (_, options, value) => {
    const answer = await ask(iq(offer({ method: { options } })));
    expect(si.read(answer.getChildElements()[0]!)?.method?.value).toBe(value);
  });

  test("in-band, when it was chosen", async () => {
    await ask(iq(offer({ method: { options: [ibb.NS] } })));
    expect(await inBandSend(BYTES)).toEqual(["result"]);
    const got = await ended();
    expect(got.outcome).toBe("complete");
    expect(got.bytes.equals(BYTES)).toBe(true);
  });

  test("no host is reached: item-not-found, and in-band by the same sid goes on", async () => {
    await ask(iq(offer()));
    const nowhere = s5b.write({ sid: "s1", udp: false, hosts: [{ jid: ROMEO, host: "127.0.0.1", port: 1 }] });
    expect(conditions(await ask(iq(nowhere)))).toEqual(["item-not-found"]);
    await inBandSend(BYTES);
    expect(await ended()).toMatchObject({ outcome: "complete", outcomes: 1 });
  });

  test("no host is reached, and it is offered anew: the first attempt is over before the second is judged", async () => {
    const nowhere = s5b.write({ sid: "s1", udp: false, hosts: [{ jid: ROMEO, host: "127.0.0.1", port: 1 }] });
    const before: unknown[] = [];
    judged = () => before.push(received[0]?.outcome);
    await ask(iq(offer()));
    await ask(iq(offer({ id: "s2", file: file({ name: "other.bin" }) })));
    await ask(iq(nowhere));
    await ask(iq(offer({ id: "s3", method: { options: [ibb.NS] } })));
    await inBandSend(BYTES, { sid: "s3" });
    expect(await ended(2)).toMatchObject({ outcome: "complete", outcomes: 1 });
    expect(before).toEqual([undefined, undefined, expect.objectContaining({ code: "stream-unreachable" })]);
    expect(received[1]!.outcome).toBeUndefined();
    await clock.turn(90_000);
    expect(received.map(({ outcomes }) => outcomes)).toEqual([1, 1, 1]);
  });

  test("no host is reached: the next offers of that client are taken in-band, where it can", async () => {
    const chosen = async (id: string, options: string[], from = ROMEO): Promise<string | undefined> =>
      si.read((await ask(iq(offer({ id, method: { options } }), from))).getChildElements()[0]!)?.method?.value;
    await chosen("s1", [ibb.NS, s5b.NS]);
    await ask(iq(s5b.write({ sid: "s1", udp: false, hosts: [{ jid: ROMEO, host: "127.0.0.1", port: 1 }] })));
    expect(await chosen("s2", [s5b.NS, ibb.NS])).toBe(ibb.NS);
    expect(await chosen("s3", [s5b.NS])).toBe(s5b.NS);
    expect(await chosen("s4", [s5b.NS, ibb.NS], toJid("romeo@example.org/elsewhere") as FullJid)).toBe(s5b.NS);
    await clock.turn(3_600_000);
    expect(await chosen("s5", [s5b.NS, ibb.NS])).toBe(s5b.NS);
  });

  test("a name with a path: refusals have its last part only", async () => {
    const name = "/home/romeo/my plans/plan.bin";
    await ask(iq(offer({ file: file({ name }) })));
    expect(received[0]!.file.name).toBe(name); // the office's to judge
    const nowhere = s5b.write({ sid: "s1", udp: false, hosts: [{ jid: ROMEO, host: "127.0.0.1", port: 1 }] });
    const unreached = await ask(iq(nowhere));
    expect(unreached.getChild("error")!.getChildText("text")).toMatch(
      /^I could not connect to your client for plan\.bin\. Send it again/,
    );
    await clock.turn(91_000);
    expect((await ended()).outcome).toMatchObject({ details: { name: "plan.bin" } });
    const unfit = await ask(iq(offer({ id: "s2", file: file({ name }), method: { options: ["jabber:iq:oob"] } })));
    expect(unfit.getChild("error")!.getChildText("text")).toMatch(/ plan\.bin\.$/);
  });

  test("the second of his hosts is the one", async () => {
    await ask(iq(offer()));
    const query = s5b.read(hosting(BYTES))!;
    const dead = { jid: toJid("proxy.example.org")!, host: "127.0.0.1", port: 1 };
    const used = await ask(iq(s5b.write({ ...query, hosts: [dead, ...query.hosts] })));
    expect(s5b.read(used.getChildElements()[0]!)?.used).toBe(ROMEO);
    expect((await ended()).outcome).toBe("complete");
  });

  test("a DST.ADDR that he names is used", async () => {
    await ask(iq(offer()));
    const address = createHash("sha1").update("other").digest("hex");
    his.expect([address], BOT, (byteStream) => void send(byteStream, BYTES, true));
    await ask(iq(s5b.write({ sid: "s1", udp: false, address, hosts: [{ ...his.own[0]!, jid: ROMEO }] })));
    expect((await ended()).outcome).toBe("complete");
  });

  describe("what was cut goes on", () => {
    beforeEach(() => {
      before = BYTES.subarray(0, 77_777);
    });
    test("where his client can: from the byte that is missing", async () => {
      const answer = await ask(iq(offer({ file: file({ range: {} }) })));
      expect(si.read(answer.getChildElements()[0]!)?.file).toEqual({ range: { offset: 77_777 } });
      await ask(iq(hosting(BYTES.subarray(77_777))));
      const got = await ended();
      expect(got.outcome).toBe("complete");
      expect(got.bytes.equals(BYTES)).toBe(true);
    });
    test("with a checksum: from the beginning, because what is here may be of another file", async () => {
      const other = randomBytes(BYTES.length);
      const md5 = createHash("md5").update(other).digest("hex");
      const answer = await ask(iq(offer({ file: file({ md5, range: {} }) })));
      expect(si.read(answer.getChildElements()[0]!)?.file).toBeUndefined();
      await ask(iq(hosting(other)));
      const got = await ended();
      expect(got.outcome).toBe("complete");
      expect(got.bytes.equals(other)).toBe(true);
    });
    test("unless it turns out to be another file: then it has failed for that", async () => {
      await ask(iq(offer({ file: file({ range: {} }) })));
      received[0]!.write = () => Promise.reject(new Refusal("other-file", { name: "plan.bin" }));
      await ask(iq(hosting(BYTES.subarray(77_777))));
      expect((await ended()).outcome).toMatchObject({ code: "other-file", details: { name: "plan.bin" } });
    });
    test("where it cannot: from the beginning", async () => {
      const answer = await ask(iq(offer()));
      expect(si.read(answer.getChildElements()[0]!)?.file).toBeUndefined();
      await ask(iq(hosting(BYTES)));
      const got = await ended();
      expect(got.bytes.equals(BYTES)).toBe(true);
    });
  });

  test.each<[string, string, string]>([
    ["the right checksum", createHash("md5").update(BYTES).digest("hex"), "complete"],
    ["a wrong one", "0".repeat(32), "wrong-hash"],
  ])("%s", async (_, md5, outcome) => {
    await ask(iq(offer({ file: file({ md5 }) })));
    await ask(iq(hosting(BYTES)));
    const got = await ended();
    expect(got.outcome instanceof Refusal ? got.outcome.code : got.outcome).toBe(outcome);
  });

  test.each<[string, Buffer, string]>([
    ["fewer bytes than announced", BYTES.subarray(1), "stream-cut"],
    ["more", Buffer.concat([BYTES, Buffer.from("!")]), "larger-than-said"],
  ])("%s", async (_, bytes, code) => {
    await ask(iq(offer()));
    await ask(iq(hosting(bytes)));
    expect((await ended()).outcome).toMatchObject({ code, details: { name: "plan.bin" } });
  });

  test.each<[string, Partial<si.StreamInitiation>, string[]]>([
    ["another profile", { profile: "http://jabber.org/protocol/si/profile/tree-transfer" }, ["bad-request", "bad-profile"]],
    ["no size", { file: { name: "x", md5: "0".repeat(32) } }, ["bad-request", "bad-profile"]],
    ["no name", { file: { size: 1 } }, ["bad-request", "bad-profile"]],
    ["no stream that we know", { method: { options: ["jabber:iq:oob"] } }, ["bad-request", "no-valid-streams"]],
    ["no stream at all", { method: { options: [] } }, ["bad-request", "no-valid-streams"]],
  ])("refused: %s", async (_, what, errors) => {
    expect(conditions(await ask(iq(offer(what))))).toEqual(errors);
    expect(received).toEqual([]);
  }); // prettier-ignore

  test("refused: by the office, with its own words", async () => {
    refusing = new Refusal("over-quota", { used: "1 KiB", quota: "1 KiB", name: "plan.bin" });
    const answer = await ask(iq(offer()));
    expect(conditions(answer)).toEqual(["resource-constraint"]);
    expect(answer.getChild("error")?.getChildText("text")).toContain("Your room is full");
    expect(conditions(await ask(iq(hosting(BYTES))))).toEqual(["not-acceptable"]);
    refusing = undefined; // and the same sid may be tried again
    expect(conditions(await ask(iq(offer())))).toEqual(["result"]);
  });

  test("a sid is its owner's alone", async () => {
    await ask(iq(offer()));
    const query = hosting(BYTES);
    expect(conditions(await ask(iq(query, MALLORY)))).toEqual(["not-acceptable"]);
    expect(await inBandSend(BYTES, { from: MALLORY })).not.toEqual(["result"]);
    expect(conditions(await ask(iq(query, ROMEO, toJid(`${BOT}/other`) as FullJid)))).toEqual(["not-acceptable"]);
    expect(conditions(await ask(iq(offer())))).toEqual(["conflict"]);
    expect(conditions(await ask(iq(offer(), MALLORY)))).toEqual(["result"]); // one of his own
    await ask(iq(query));
    expect(await ended()).toMatchObject({ from: ROMEO, outcome: "complete" });
    expect(received[1]).toMatchObject({ from: MALLORY, outcome: undefined });
  });

  test("hosts that cannot be answered", async () => {
    await ask(iq(offer()));
    expect(conditions(await ask(iq(s5b.write({ sid: "s1", udp: false, hosts: [] }))))).toEqual(["bad-request"]);
    const hosts = [{ jid: ROMEO, host: "127.0.0.1", port: 1 }];
    expect(conditions(await ask(iq(s5b.write({ udp: false, hosts }))))).toEqual(["bad-request"]);
    expect(conditions(await ask(iq(s5b.write({ sid: "s1", udp: true, hosts }))))).toEqual(["not-acceptable"]);
  });

  test("nothing comes: it ends in time, and what comes late is answered", async () => {
    await ask(iq(offer()));
    await clock.turn(89_000);
    expect(received[0]!.outcome).toBeUndefined();
    await clock.turn(2000);
    expect((await ended()).outcome).toMatchObject({ code: "stream-unreachable" });
    expect(conditions(await ask(iq(hosting(BYTES))))).toEqual(["not-acceptable"]);
    expect(await inBandSend(BYTES)).not.toEqual(["result"]);
    expect(received[0]!.outcomes).toBe(1);
  });

  test("his client goes away: what waits for it is over at once, what moves goes on", async () => {
    await ask(iq(offer({ id: "waits" })));
    await ask(iq(offer({ id: "another's" }), MALLORY));
    await ask(iq(offer({ id: "moves" })));
    let goOn = (): void => {};
    const gone = new Promise<void>((resolve) => (goOn = resolve));
    const inTwo = async (byteStream: ByteStream): Promise<void> => {
      await byteStream.write(BYTES.subarray(0, 100));
      await gone;
      await send(byteStream, BYTES.subarray(100), true);
    };
    his.expect([s5b.destination("moves", ROMEO, SELF)], BOT, (byteStream) => void inTwo(byteStream));
    await ask(iq(s5b.write({ sid: "moves", udp: false, hosts: [{ ...his.own[0]!, jid: ROMEO }] })));
    await stream.receive(xml("presence", { type: "unavailable", from: ROMEO, to: BOT }));
    expect((await ended(0)).outcome).toMatchObject({ code: "stream-unreachable" });
    goOn();
    expect((await ended(2)).outcome).toBe("complete");
    expect(received[1]!.outcome).toBeUndefined();
  });

  test("we go down: what waits and what moves is told", async () => {
    await ask(iq(offer({ id: "waits" })));
    await ask(iq(offer({ id: "moves" })));
    await ask(iq(hosting(BYTES.subarray(0, 100), { sid: "moves", close: false })));
    await intake.stop();
    for (const { outcome, outcomes } of received)
      expect([outcome, outcomes]).toEqual([expect.objectContaining({ code: "stopping" }), 1]);
  });
});

describe("out", () => {
  const parcel = { sender: bare("juliet@example.org"), recipient: bare(ROMEO), name: "plan.bin", size: BYTES.length, mediaType: "application/pdf" } as Parcel; // prettier-ignore
  const client = (features: readonly string[] = [ft.NS]): Resource => ({ jid: ROMEO, stay: 1, priority: 0, show: "", isKnown: true, software: "", can: (f) => features.includes(f) }); // prettier-ignore
  let events: OfferEvent[];
  let proxies: readonly Proxy[];
  let activated: string[];
  let said: (event: OfferEvent) => void;
  let method: SiMethod;
  /** How Romeo answers what he is asked. */
  let romeo: (payload: Element) => Element | undefined | Promise<Element | undefined>;
  let got: Promise<Buffer>;

  beforeEach(() => {
    events = [];
    proxies = [];
    activated = [];
    said = () => {};
    romeo = () => undefined;
    stream.answer = async (question) => {
      const payload = question.getChildElements()[0]!;
      return xml("iq", { type: "result" }, await romeo(payload));
    };
    method = make(ours);
  });
  afterEach(() => method.stop());

  const make = (streamHosts: Pick<SocksHosts, "own" | "expect" | "dial">): SiMethod =>
    new SiMethod({
      stream, streamHosts, inBand, bits: new Bits({ router: stream }), self: SELF, clock, log: createLog("silent"),
      proxies: {
        near: async () => proxies,
        activate: async (proxy, self, sid, target) => void activated.push([proxy, self, sid, target].join(" ")),
      },
    }); // prettier-ignore
  const start = (jid = ROMEO): (() => void) =>
    method.offer({ parcel, resources: [{ ...client(), jid }], url: "", line: "", read: readerOf(BYTES) }, async (event) => {
      events.push(event);
      said(event);
    }); // prettier-ignore
  const last = (): Promise<OfferEvent> =>
    new Promise((resolve) => {
      said = (event) => ["sent", "moving", "last"].includes(event.type) || resolve(event);
      events.forEach(said);
    });
  const types = (): string[] => events.map(({ type }) => type);
  const accepting = (value: string, more: ft.File = {}): Element =>
    si.write({ file: more, method: { options: [], value } });
  /** Connects to the n-th host that he was told, and keeps what comes. */
  const connecting = async (query: s5b.Query, n: number): Promise<Element> => {
    const host = query.hosts[n]!;
    const byteStream = await his.dial(host, s5b.destination(query.sid!, SELF, ROMEO), AbortSignal.timeout(5000));
    got = take(byteStream);
    return s5b.write({ sid: query.sid!, udp: false, hosts: [], used: host.jid });
  };
  const take = async (byteStream: ByteStream): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    await byteStream.receive(1e9, async (chunk) => void chunks.push(Buffer.from(chunk)), AbortSignal.timeout(5000));
    byteStream.close();
    return Buffer.concat(chunks);
  };

  test("whom it suits: whoever has the profile, whatever streams he tells of", () => {
    expect(method.suits(parcel, client())).toBe(true);
    expect(method.suits(parcel, client([si.NS]))).toBe(false);
    expect(method.suits(parcel, undefined)).toBe(false);
  });

  test("the question, in the same tick; by our host", async () => {
    romeo = (payload) => (payload.is("si") ? accepting(s5b.NS) : connecting(s5b.read(payload)!, 0));
    start();
    const [question] = stream.sent;
    expect(question!.attrs).toMatchObject({ type: "set", from: SELF, to: ROMEO });
    expect(si.read(question!.getChildElements()[0]!)).toEqual({
      id: expect.any(String), profile: ft.NS, mediaType: "application/pdf",
      file: { name: "plan.bin", size: BYTES.length, range: {} }, method: { options: [s5b.NS, ibb.NS] },
    }); // prettier-ignore
    expect(await last()).toEqual({ type: "delivered" });
    expect(types()).toEqual(["sent", "moving", "last", "delivered"]);
    expect((await got).equals(BYTES)).toBe(true);
  });

  test("by our host, under an address that QXmpp has made of Latin-1", async () => {
    const there = toJid("줄리엣@exämple.org/QXmpp") as FullJid;
    romeo = async (payload) => {
      if (payload.is("si")) return accepting(s5b.NS);
      const { sid, hosts } = s5b.read(payload)!;
      const latin = createHash("sha1").update(`${sid}${SELF}???@exämple.org/QXmpp`, "latin1").digest("hex");
      got = take(await his.dial(hosts[0]!, latin, AbortSignal.timeout(5000)));
      return s5b.write({ sid: sid!, udp: false, hosts: [], used: hosts[0]!.jid });
    };
    start(there);
    expect(await last()).toEqual({ type: "delivered" });
    expect((await got).equals(BYTES)).toBe(true);
  });

  test("by a proxy: joined, activated, given", async () => {
    const proxy = await fakeProxy();
    proxies = [proxy.proxy];
    romeo = async (payload) => {
      if (payload.is("si")) return accepting(s5b.NS);
      const query = s5b.read(payload)!;
      expect(query.hosts.map(({ jid }) => jid)).toEqual([SELF, "proxy.example.org"]);
      return s5b.write({ sid: query.sid!, udp: false, hosts: [], used: proxy.proxy.jid });
    };
    got = proxy.bytes(() => String(stream.sent[0]!.getChildElements()[0]!.attrs["id"]));
    start();
    expect(await last()).toEqual({ type: "delivered" });
    expect(activated).toEqual([expect.stringMatching(/^proxy\.example\.org bot@files\.example\.org\/restante \S+ romeo@example\.org\/purple$/)]); // prettier-ignore
    expect((await got).equals(BYTES)).toBe(true);
  });

  /** Romeo's own host plays it: both ends of a proxied stream name the same DST.ADDR. */
  async function fakeProxy(): Promise<{ proxy: Proxy; bytes: (sid: () => string) => Promise<Buffer> }> {
    const proxy = { jid: toJid("proxy.example.org")!, ...his.own[0]! };
    return {
      proxy,
      bytes: async (sid) => {
        await new Promise<void>((resolve) => (stream.onSend = (s) => s.getChild("si") && resolve()));
        return new Promise((resolve) => {
          his.expect([s5b.destination(sid(), SELF, ROMEO)], BOT, (byteStream) => resolve(take(byteStream)));
        });
      },
    };
  }

  /** Romeo takes what comes in-band. */
  function inBandTaking(): { chunks: Buffer[]; answer: (payload: Element) => undefined } {
    const chunks: Buffer[] = [];
    return {
      chunks,
      answer(payload) {
        const data = ibb.readData(payload);
        if (data) chunks.push(Buffer.from(data.base64, "base64"));
        return undefined;
      },
    };
  }

  test("in-band, when he chooses it", async () => {
    const { chunks, answer } = inBandTaking();
    romeo = (payload) => (payload.is("si") ? accepting(ibb.NS) : answer(payload));
    start();
    expect(await last()).toEqual({ type: "delivered" });
    expect(Buffer.concat(chunks).equals(BYTES)).toBe(true);
  });

  test("in-band, when he reaches no host of ours", async () => {
    const { chunks, answer } = inBandTaking();
    romeo = (payload) => {
      if (payload.is("si")) return accepting(s5b.NS);
      if (payload.is("query", s5b.NS)) throw new StanzaError("item-not-found", "cancel");
      return answer(payload);
    };
    start();
    expect(await last()).toEqual({ type: "delivered" });
    expect(types()).toEqual(["sent", "moving", "last", "delivered"]);
    expect(Buffer.concat(chunks).equals(BYTES)).toBe(true);
  });

  test("without any host only in-band is offered", async () => {
    method = make({ own: [], expect: () => () => {}, dial: () => Promise.reject(new Refusal("stream-unreachable")) });
    start();
    await settled();
    const question = stream.sent.find((s) => s.getChild("si"))!;
    expect(si.read(question.getChildElements()[0]!)?.method?.options).toEqual([ibb.NS]);
  });

  test("no stream comes about: failed, and nothing moved", async () => {
    romeo = (payload) => {
      if (payload.is("si")) return accepting(s5b.NS);
      throw new StanzaError(payload.is("query") ? "item-not-found" : "not-acceptable", "cancel");
    };
    start();
    expect(await last()).toEqual({ type: "failed", code: "stream-unreachable" });
    expect(types()).toEqual(["sent", "failed"]);
  });

  test.each<[string, OfferEvent]>([
    ["forbidden", { type: "declined" }],
    ["not-acceptable", { type: "declined" }],
    ["bad-request", { type: "failed", code: "no-method" }],
    ["feature-not-implemented", { type: "failed", code: "no-method" }],
    ["service-unavailable", { type: "failed", code: "no-method" }],
  ])("answered with %s", async (condition, event) => {
    romeo = () => {
      throw new StanzaError(condition, "cancel", "Offer Declined");
    };
    start();
    expect(await last()).toEqual(event);
  });

  test.each<[string, ft.Range, Buffer | undefined, string[]]>([
    ["the rest", { offset: 150_000 }, BYTES.subarray(150_000), ["sent", "moving", "last", "delivered"]],
    ["all of it", {}, BYTES, ["sent", "moving", "last", "delivered"]],
    ["nothing, because he has it", { offset: BYTES.length }, Buffer.alloc(0), ["sent", "moving", "delivered"]],
    ["a piece from the middle", { offset: 5, length: 10 }, BYTES.subarray(5, 15), ["sent", "moving", "cut"]],
    ["more than there is", { offset: BYTES.length + 1 }, undefined, ["sent", "failed"]],
    ["longer than there is", { offset: 1, length: BYTES.length }, undefined, ["sent", "failed"]],
  ])("he wants %s", async (_, range, bytes, told) => {
    romeo = (payload) => (payload.is("si") ? accepting(s5b.NS, { range }) : connecting(s5b.read(payload)!, 0));
    start();
    await last();
    expect(types()).toEqual(told);
    if (bytes) expect((await got).equals(bytes)).toBe(true);
  });

  test("his client breaks off: cut", async () => {
    romeo = async (payload) => {
      if (payload.is("si")) return accepting(s5b.NS);
      const query = s5b.read(payload)!;
      const byteStream = await his.dial(query.hosts[0]!, s5b.destination(query.sid!, SELF, ROMEO), AbortSignal.timeout(5000)); // prettier-ignore
      byteStream.close();
      return s5b.write({ sid: query.sid!, udp: false, hosts: [], used: SELF });
    };
    start();
    expect(await last()).toEqual({ type: "cut" });
  });

  test("he says that he is connected to our host, and is not", async () => {
    const { answer } = inBandTaking();
    romeo = (payload) => {
      if (payload.is("si")) return accepting(s5b.NS);
      if (!payload.is("query", s5b.NS)) return answer(payload);
      return s5b.write({ sid: s5b.read(payload)!.sid!, udp: false, hosts: [], used: SELF });
    };
    start();
    for (let i = 0; i < 5; i++) await settled();
    await clock.turn(31_000);
    expect(await last()).toEqual({ type: "delivered" });
  });

  test.each([
    ["SOCKS5", s5b.NS, "query"],
    ["in-band", ibb.NS, "open"],
  ])(
    "withdrawn, and accepted all the same (%s): a stream that ends at once, and not a word",
    async (_, value, name) => {
      let accept = (_: Element): void => {};
      const heard: string[] = [];
      romeo = (payload) => {
        heard.push(payload.name);
        return payload.is("si") ? new Promise((resolve) => (accept = resolve)) : undefined;
      };
      const withdraw = start();
      await settled();
      withdraw();
      accept(accepting(value));
      for (let i = 0; i < 10; i++) await settled();
      expect(heard.slice(0, 2)).toEqual(["si", name]);
      if (name === "open") expect(heard.at(-1)).toBe("close");
      expect(heard).not.toContain("data");
      expect(types()).toEqual(["sent"]);
    },
  );

  test("we go down: what moves is cut, what waits for an answer is left", async () => {
    let isThere = (): void => {};
    const there = new Promise<void>((resolve) => (isThere = resolve));
    romeo = async (payload) => {
      if (payload.is("si")) return accepting(s5b.NS);
      const query = s5b.read(payload)!;
      await his.dial(query.hosts[0]!, s5b.destination(query.sid!, SELF, ROMEO), AbortSignal.timeout(5000));
      return s5b.write({ sid: query.sid!, udp: false, hosts: [], used: SELF });
    };
    const cut = last();
    said = ((then) => (event: OfferEvent) => {
      if (event.type === "moving") isThere();
      then(event);
    })(said);
    method.offer({ parcel: { ...parcel, size: 1e9 }, resources: [client()], url: "", line: "", read: readerOf(Buffer.alloc(64e6)) }, async (event) => {
      events.push(event);
      said(event);
    }); // prettier-ignore
    await there;
    await method.stop();
    expect(await cut).toEqual({ type: "cut" });
  });
});
