/** Parcels handed over by Jingle, with another of our own messengers at the other end: real SOCKS5 hosts and in-band streams between them. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { parse } from "ltx";
import type {
  IncomingFile,
  OfferEvent,
  OfferOrder,
  Parcel,
  Reception,
  StreamHosts,
} from "../../component/control/ports.js";
import { systemClock } from "../../component/lib/clock.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, toJid, type FullJid, type Jid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { Bits } from "../../component/messenger/methods/bits.js";
import { InBandStreams } from "../../component/messenger/in-band.js";
import { selfOf } from "../../component/messenger/about.js";
import { JingleMethod } from "../../component/messenger/methods/jingle.js";
import { Tongues } from "../../component/control/people/tongues.js";
import { JingleSessions } from "../../component/messenger/methods/jingle-sessions.js";
import { type Element, StanzaError } from "../../component/messenger/stanza.js";
import { FakeStream } from "../harness/fake-stream.js";
import { readerOf, receptionOf, type Received } from "../harness/receptions.js";
import { socksStage, within, type SocksStage } from "../harness/socks-stage.js";

const CONTACT = bare("bot@files.example.org");
const JULIET = toJid("juliet@example.org/balcony") as FullJid;

interface Ends {
  /** Ours, which offers. */
  readonly stream: FakeStream;
  readonly method: JingleMethod;
  readonly sessions: JingleSessions;
  readonly received: Received[];
  /** Every stanza, in order. */
  readonly wire: string[];
  /** What Juliet says to an offer. */
  verdict: () => Promise<Refusal | undefined>;
  /** What is here of the file already. */
  before: Buffer;
  /** Which hosts may be reached. */
  dial: boolean;
  own: boolean;
}

let socks: SocksStage;
let ends: Ends;
beforeEach(async () => {
  socks = await socksStage();
  ends = openEnds();
});
afterEach(async () => {
  ends.sessions.stop();
  await socks.stop();
});

function openEnds(): Ends {
  const [ours, hers] = [new FakeStream(), new FakeStream("example.org")];
  const wire: string[] = [];
  const received: Received[] = [];
  for (const [from, to] of [[ours, hers], [hers, ours]] as const) {
    from.answer = async (iq) => {
      iq.attrs["id"] = String(wire.length);
      wire.push(iq.toString());
      await new Promise((resolve) => setImmediate(resolve)); // the way there
      const reply = (await to.receive(parse(iq.toString()))) as Element;
      const error = reply.getChild("error");
      if (error) throw new StanzaError(error.getChildElements()[0]!.getName(), String(error.attrs["type"]));
      return reply;
    };
  } // prettier-ignore
  const hosts: StreamHosts = {
    get own() {
      return it.own ? [{ host: "127.0.0.1", port: socks.port }] : [];
    },
    expect: (...what) => socks.hosts.expect(...what),
    dial: async (...what) => {
      if (!it.dial) throw new Refusal("stream-unreachable");
      return socks.hosts.dial(...what);
    },
  };
  const office = {
    receive: async (from: FullJid, to: Jid, file: IncomingFile): Promise<Reception> => {
      const refusal = await it.verdict();
      if (refusal) throw refusal;
      const one = receptionOf(from, to, file, () => {}, it.before);
      received.push(one);
      return one;
    },
  };
  const end = (stream: FakeStream, streamHosts: StreamHosts): JingleSessions => {
    const inBand = new InBandStreams({ router: stream, stream, clock: systemClock });
    inBand.start();
    const proxies = { near: async () => [], activate: async () => {} };
    const parts = { router: stream, stream, office, hosts: streamHosts, inBand, proxies, tongues: new Tongues(), clock: systemClock, log: createLog("silent") }; // prettier-ignore
    const made = new JingleSessions(parts);
    made.start();
    return made;
  };
  const sessions = end(ours, hosts);
  end(hers, { own: [], expect: () => () => {}, dial: (...what) => hosts.dial(...what) });
  const method = new JingleMethod({ sessions, bits: new Bits({ router: ours }), self: selfOf(CONTACT) });
  const it: Ends = { stream: ours, method, sessions, received, wire, verdict: async () => undefined, before: Buffer.alloc(0), dial: true, own: true }; // prettier-ignore
  return it;
}

interface Offer {
  readonly events: OfferEvent[];
  /** The last word, or none within the time. */
  readonly end: Promise<OfferEvent>;
  readonly read: { start: number; end: number }[];
  readonly withdraw: () => void;
}

const LAST_WORDS = ["delivered", "declined", "failed", "cut"];

function offer(bytes: Buffer, more: { can?: (feature: string) => boolean; report?: (event: OfferEvent) => Promise<void>; read?: OfferOrder["read"]; introduced?: Promise<void>; kept?: (parcel: Parcel) => NonNullable<OfferOrder["kept"]> } = {}): Offer {
  const known = createHash("sha256").update(bytes).digest("hex");
  const sha256 = more.kept ? "" : known;
  const parcel = { sender: bare("romeo@example.org"), recipient: bare("juliet@example.org"), name: "Mantua.bin", size: bytes.length, mediaType: "text/plain", sha256 } as Parcel; // prettier-ignore
  const resource = { jid: JULIET, stay: 1, priority: 0, show: "", isKnown: true, software: "", can: more.can ?? (() => true) } as const;
  const events: OfferEvent[] = [];
  const read: Offer["read"] = [];
  let withdraw = (): void => {};
  const source = more.read ?? readerOf(bytes);
  const end = new Promise<OfferEvent>((resolve) => {
    withdraw = ends.method.offer(
      {
        parcel,
        resources: [resource],
        url: "",
        line: "",
        ...(more.kept && { kept: more.kept({ ...parcel, sha256: known }) }),
        ...(more.introduced && { introduced: more.introduced }),
        read: (span, signal) => {
          read.push(span);
          return source(span, signal);
        },
      },
      async (event) => {
        events.push(event);
        await more.report?.(event);
        if (LAST_WORDS.includes(event.type)) resolve(event);
      },
    );
  });
  const last = within("a last word", end);
  last.catch(() => undefined); // one that is withdrawn has none, and nobody waits for it
  return { events, end: last, read, withdraw };
} // prettier-ignore

const types = (events: readonly OfferEvent[]): string[] => events.map(({ type }) => type).filter((type) => type !== "reached"); // prettier-ignore
const actions = (): string[] => ends.wire.flatMap((iq) => /action="([^"]*)"/.exec(iq)?.[1] ?? []);

function until(what: string, is: () => boolean): Promise<void> {
  const wait = async (): Promise<void> => {
    while (!is()) await new Promise((resolve) => setImmediate(resolve));
  };
  return within(what, wait());
}

describe("bytes arrive", () => {
  test.each<[string, Partial<Ends>, boolean]>([
    ["over our own host", {}, false],
    ["in-band, when we have none", { own: false }, false],
    ["in-band, when she cannot reach it", { dial: false }, true],
  ])("%s", async (_, change, replaced) => {
    Object.assign(ends, change);
    const bytes = randomBytes(700_000);
    const { end, events, read } = offer(bytes);
    expect(await end).toEqual({ type: "delivered" });
    expect(types(events)).toEqual(["sent", "moving", "last", "delivered"]);
    expect(read).toEqual([{ start: 0, end: bytes.length }]);
    expect(ends.received).toMatchObject([{ outcome: "complete", outcomes: 1, file: { name: "Mantua.bin", mediaType: "text/plain" } }]); // prettier-ignore
    expect(ends.received[0]!.bytes.equals(bytes)).toBe(true);
    expect(actions().includes("transport-replace")).toBe(replaced);
  });

  test("of an empty file, there are none", async () => {
    expect(await offer(Buffer.alloc(0)).end).toEqual({ type: "delivered" });
  });

  test("none, because all are there from an attempt that was cut at its very end", async () => {
    const bytes = (ends.before = randomBytes(1000));
    const { end, events, read } = offer(bytes);
    expect(await end).toEqual({ type: "delivered" });
    expect(types(events)).toEqual(["sent", "moving", "last", "delivered"]);
    expect(read).toEqual([]);
  });

  test("the offer waits until she has the line", async () => {
    let introduce = (): void => {};
    const introduced = new Promise<void>((resolve) => (introduce = resolve));
    const { end } = offer(randomBytes(10), { introduced });
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(actions()).toEqual([]);
    introduce();
    expect(await end).toEqual({ type: "delivered" });
  });

  test("a client that knows only in-band streams gets one", async () => {
    await offer(randomBytes(10), { can: (feature) => !feature.includes("s5b") }).end;
    expect(ends.wire[0]).toContain("transports:ibb:1");
  });

  test("only what is missing", async () => {
    const bytes = randomBytes(300_000);
    ends.before = bytes.subarray(0, 123_456);
    const { end, read } = offer(bytes);
    await end;
    expect(read).toEqual([{ start: 123_456, end: 300_000 }]);
    expect(ends.received[0]!.bytes.equals(bytes)).toBe(true);
  });

  test("of a file that still comes in: its hash is said before its last byte goes", async () => {
    const bytes = randomBytes(300_000);
    let keep = (): void => {};
    const { end, events } = offer(bytes, {
      kept: (parcel) => new Promise((resolve) => (keep = () => resolve({ parcel, line: "" }))),
      report: async ({ type }) => (type === "moving" ? keep() : undefined),
    });
    expect(await end).toEqual({ type: "delivered" });
    expect(types(events)).toEqual(["sent", "moving", "last", "delivered"]);
    expect(ends.wire[0]).toMatch(/<hash-used [^>]*algo="sha-256"/);
    expect(ends.wire[0]).not.toContain("<hash ");
    const said = createHash("sha256").update(bytes).digest("base64");
    expect(ends.wire.filter((iq) => iq.includes("<checksum") && iq.includes(said))).toHaveLength(1);
    expect(ends.received[0]!.bytes.equals(bytes)).toBe(true);
  });

  test("of a file that still comes in and is not kept, not the last", async () => {
    const bytes = randomBytes(300_000);
    let lose = (_: Refusal): void => {};
    const { end, events } = offer(bytes, {
      kept: () => new Promise((_, reject) => (lose = reject)),
      report: async ({ type }) => (type === "moving" ? lose(new Refusal("stream-cut", { name: "it" })) : undefined),
    });
    expect(await end).not.toEqual({ type: "delivered" });
    await until("her end", () => ends.received[0]?.outcome !== undefined);
    expect(ends.received[0]!.outcome).toBeInstanceOf(Refusal);
    expect(ends.received[0]!.bytes.length).toBeLessThan(bytes.length);
    expect(types(events)).not.toContain("delivered");
  });

  test("many at once, each its own", async () => {
    const all = Array.from({ length: 20 }, (_, i) => randomBytes(10_000 + i));
    await Promise.all(all.map((bytes) => offer(bytes).end));
    expect(ends.received.map(({ bytes }) => bytes.length).sort()).toEqual(all.map(({ length }) => length).sort());
  });

  test("the first byte goes when it is on record that bytes move", async () => {
    let record = (): void => {};
    const recorded = new Promise<void>((resolve) => (record = resolve));
    const { end, read } = offer(randomBytes(1000), {
      report: async ({ type }) => (type === "moving" ? recorded : undefined),
    });
    await until("the stream", () => actions().includes("session-accept"));
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(read).toEqual([]);
    record();
    expect(await end).toEqual({ type: "delivered" });
  });
});

describe("bytes do not", () => {
  test.each<[string, Refusal, OfferEvent]>([
    ["she declines", new Refusal("blocked", { who: "She" }), { type: "declined" }],
    ["she has no room", new Refusal("over-quota"), { type: "failed", code: "no-method" }],
  ])("%s", async (_, refusal, event) => {
    ends.verdict = async () => refusal;
    const { end, events } = offer(randomBytes(10));
    expect(await end).toEqual(event);
    expect(types(events)).toEqual(["sent", event.type]);
  });

  test("our stream is down", async () => {
    ends.stream.online = false;
    expect(await offer(randomBytes(10)).end).toEqual({ type: "failed", code: "offline" });
  });

  test("her client does not answer: it is told, and a late yes still counts", async () => {
    const answer = ends.stream.answer;
    ends.stream.answer = async (iq) => {
      const reply = await answer(iq);
      return iq.toString().includes("session-initiate") ? undefined : reply;
    };
    let decide = (): void => {};
    ends.verdict = () => new Promise((resolve) => (decide = () => resolve(undefined)));
    const { end, events } = offer(randomBytes(10));
    await until("silence", () => events.some(({ type }) => type === "unreached"));
    decide();
    expect(await end).toEqual({ type: "delivered" });
  });

  test("her client knows no Jingle", async () => {
    ends.stream.answer = async () => Promise.reject(new StanzaError("service-unavailable", "cancel"));
    expect(await offer(randomBytes(10)).end).toEqual({ type: "failed", code: "no-method" });
  });

  test("withdrawn before she has decided", async () => {
    ends.verdict = () => new Promise(() => {});
    const { events, withdraw } = offer(randomBytes(10));
    await until("the offer", () => actions().includes("session-initiate"));
    const told = events.length;
    withdraw();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(actions()).toEqual(["session-initiate", "session-terminate"]);
    expect(events.slice(told)).toEqual([]);
  });

  test("withdrawn in the middle: she is told, and keeps no half for whole", async () => {
    const bytes = randomBytes(5_000_000);
    const { events, withdraw } = offer(bytes);
    await until("some bytes", () => (ends.received[0]?.bytes.length ?? 0) > 0);
    withdraw();
    await until("her end", () => ends.received[0]!.outcome !== undefined);
    expect(ends.received).toMatchObject([{ outcome: { code: "stream-cut" }, outcomes: 1 }]);
    expect(types(events)).not.toContain("delivered");
  });

  test("the file cannot be read", async () => {
    const read = async (): Promise<never> => Promise.reject(new Refusal("storage-down"));
    expect(await offer(randomBytes(10), { read }).end).toEqual({ type: "failed", code: "storage-down" });
    expect(ends.wire.at(-1)).toMatch(/failed-application/);
  });
});

describe("whom it suits", () => {
  const FT = "urn:xmpp:jingle:apps:file-transfer:5";
  const all = ["urn:xmpp:jingle:1", FT, "urn:xmpp:jingle:transports:s5b:1", "urn:xmpp:jingle:transports:ibb:1"];
  test.each<[string, string[], number, boolean]>([
    ["everything", all, 1, true],
    ["in-band alone", all.filter((f) => !f.includes("s5b")), 1, true],
    ["no transport", all.slice(0, 2), 1, false],
    ["no file transfer, as Gajim 2", all.filter((f) => f !== FT), 1, false],
    ["calls alone", all.slice(0, 1), 1, false],
    ["2 GiB, which Dino cannot count", all, 2 ** 31, false],
    ["a byte less", all, 2 ** 31 - 1, true],
  ])("%s", (_, features, size, suits) => {
    const can = (feature: string): boolean => features.includes(feature);
    const resource = { jid: JULIET, stay: 1, priority: 0, show: "", isKnown: true, software: "", can } as const;
    expect(ends.method.suits({ size } as Parcel, resource)).toBe(suits);
  });

  test("nobody who is away", () => expect(ends.method.suits({ size: 1 } as Parcel, undefined)).toBe(false));
});
