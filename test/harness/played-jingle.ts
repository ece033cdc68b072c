/** Jingle sessions without a server: the test plays the peer, stanza by stanza, and hands the bytes over when it likes. */
import type { ByteStream, IncomingFile, Reception, StreamHost, StreamHosts } from "../../component/control/ports.js";
import { Tongues } from "../../component/control/people/tongues.js";
import { Refusal } from "../../component/lib/errors.js";
import type { FullJid, Jid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { JingleSessions } from "../../component/messenger/methods/jingle-sessions.js";
import { type Element, xml } from "../../component/messenger/stanza.js";
import type { InBand } from "../../component/messenger/streams.js";
import { FakeClock, settled } from "./fake-clock.js";
import { FakeStream } from "./fake-stream.js";
import { receptionOf, type Received } from "./receptions.js";

export const ROMEO = "romeo@example.org/orchard";
export const BOT = "bot@files.example.org/restante";
export const FT = "urn:xmpp:jingle:apps:file-transfer:5";

export interface PlayedOptions {
  /** What the office says to a file. */
  readonly verdict?: (file: IncomingFile) => Refusal | undefined | Promise<Refusal | undefined>;
  /** What is here of it from an earlier attempt. */
  readonly before?: () => Buffer;
  readonly own?: readonly StreamHost[];
}

export interface PlayedJingle {
  readonly stream: FakeStream;
  readonly clock: FakeClock;
  readonly sessions: JingleSessions;
  readonly received: Received[];
  /** In-band streams that are waited for, by their sid. */
  readonly awaited: Map<string, (stream: ByteStream) => void>;
  /** Connections that are waited for at our own host, by their address. */
  readonly expected: Map<string, (stream: ByteStream, address: string) => void>;
  /** What is answered: "ok", or the error's conditions. */
  readonly say: (
    action: string,
    inner?: string,
    ends?: { sid?: string; from?: string; to?: string },
  ) => Promise<string>;
  /** What we have said in sessions since the last time: the action, and what matters in it. */
  readonly said: () => string[];
  /** The peer brings these bytes, in an in-band stream that is waited for. */
  readonly arrives: (bytes: Buffer, sid?: string) => Promise<{ closed: boolean }>;
}

export function playedJingle(options: PlayedOptions = {}): PlayedJingle {
  const { verdict = () => undefined, before = () => Buffer.alloc(0), own = [] } = options;
  const stream = new FakeStream();
  stream.answer = (iq) => xml("iq", { type: "result", id: String(iq.attrs["id"]) });
  const clock = new FakeClock();
  const received: Received[] = [];
  const awaited: PlayedJingle["awaited"] = new Map();
  const expected: PlayedJingle["expected"] = new Map();
  const claimed = new Set<string>();
  const inBand: InBand = {
    expect: ({ peer, sid }, _, signal) =>
      new Promise((resolve, reject) => {
        const key = `${peer} ${sid}`;
        if (claimed.has(key)) throw new Refusal("stream-unreachable");
        claimed.add(key);
        awaited.set(sid, resolve);
        signal.addEventListener("abort", () => {
          claimed.delete(key);
          awaited.delete(sid);
          reject(signal.reason as Error);
        });
      }),
    open: async () => Promise.reject(new Refusal("stream-unreachable")),
  };
  const hosts: StreamHosts = {
    own,
    expect(addresses, _, arrived) {
      for (const address of addresses) expected.set(address, arrived);
      return () => addresses.forEach((address) => expected.delete(address));
    },
    dial: async () => Promise.reject(new Refusal("stream-unreachable")),
  };
  const office = {
    receive: async (from: FullJid, to: Jid, file: IncomingFile): Promise<Reception> => {
      const refusal = await verdict(file);
      if (refusal) throw refusal;
      const one = receptionOf(from, to, file, () => {}, before());
      received.push(one);
      return one;
    },
  };
  const proxies = { near: async () => [], activate: async () => {} };
  const log = createLog("silent");
  const sessions = new JingleSessions({ router: stream, stream, office, hosts, inBand, proxies, tongues: new Tongues(), clock, log }); // prettier-ignore
  sessions.start();
  let ids = 0;
  return {
    stream,
    clock,
    sessions,
    received,
    awaited,
    expected,
    async say(action, inner = "", { sid = "s", from = ROMEO, to = BOT } = {}) {
      const reply = await stream.receive(
        `<iq xmlns="jabber:component:accept" type="set" id="${ids++}" from="${from}" to="${to}"><jingle xmlns="urn:xmpp:jingle:1" action="${action}" sid="${sid}">${inner}</jingle></iq>`,
      );
      await settled();
      await settled();
      const error = (reply as Element).getChild("error");
      return error
        ? error.getChildElements().flatMap((e) => (e.getName() === "text" ? [] : [e.getName()])).join(" ")
        : "ok"; // prettier-ignore
    },
    said: () => stream.take().map(inWords),
    async arrives(bytes, sid = "t") {
      const ended = { closed: false };
      awaited.get(sid)!(bringing(bytes, ended));
      for (let i = 0; i < 5; i++) await settled();
      return ended;
    },
  };
}

function inWords(iq: Element): string {
  const jingle = iq.getChild("jingle", "urn:xmpp:jingle:1")!;
  const reason = jingle.getChild("reason")?.getChildElements().map((e) => (e.getName() === "text" ? `“${e.getText()}”` : e.getName())); // prettier-ignore
  const payload = jingle.getChildElements().find((e) => e.getNS() === FT);
  return [jingle.attrs["action"] as string, ...(reason ?? []), ...(payload ? [payload.getName()] : [])].join(" ");
}

/** A stream that brings these bytes and ends. */
export function bringing(bytes: Buffer, ended = { closed: false }): ByteStream {
  return {
    kind: "in-band",
    async receive(most, sink, signal) {
      signal.throwIfAborted();
      await sink(bytes.subarray(0, most));
      return Math.min(most, bytes.length);
    },
    write: async () => {},
    end: async () => {},
    close: () => void (ended.closed = true),
  };
}
