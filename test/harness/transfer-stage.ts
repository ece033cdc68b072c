/**
 * A client's own transfer between a real server's people and the real messenger with real stream hosts, without the control unit: what comes in
 * is kept in memory, and what goes out is the test's. For what the whole program cannot be told: to have no stream host, or to reach no other.
 */
import { createHash } from "node:crypto";
import type {
  IncomingFile,
  Office,
  OfferEvent,
  OfferMethod,
  Parcel,
  Picture,
  Reception,
  StreamHosts,
} from "../../component/control/ports.js";
import { systemClock, type Clock } from "../../component/lib/clock.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, type FullJid, type Jid } from "../../component/lib/jid.js";
import { createLog, type Log } from "../../component/lib/log.js";
import { Bits } from "../../component/messenger/methods/bits.js";
import { BotContact } from "../../component/messenger/contact.js";
import { InBandStreams } from "../../component/messenger/in-band.js";
import { selfOf } from "../../component/messenger/about.js";
import { ProxyFinder } from "../../component/messenger/proxies.js";
import { StanzaRouter } from "../../component/messenger/router.js";
import { xml } from "../../component/messenger/stanza.js";
import { presence } from "../../component/messenger/wire/rfc6121-presence.js";
import { ComponentStream } from "../../component/messenger/stream.js";
import { Guard } from "../../component/transfer/guard.js";
import type { Proxies } from "../../component/messenger/streams.js";
import { SocksHosts } from "../../component/transfer/socks5/hosts.js";
import { readerOf, receptionOf, type Received } from "./receptions.js";
import type { ComponentServer } from "./restante.js";

export interface Ways {
  readonly listen: boolean;
  /** Whether servers' proxies are found. */
  readonly proxies: boolean;
  readonly dial: (port: number) => boolean;
}

export interface TransferStage {
  readonly bot: Jid;
  readonly received: readonly Received[];
  /** What SOCKS5 may do from now on. */
  ways: Ways;
  /** What became of each stream so far: how it was made. */
  readonly kinds: readonly string[];
  /** Who has asked for the thumbnail that is shown with every offer (XEP-0231). */
  readonly asked: readonly string[];
  /** Refuses every further offer. */
  refusing: Refusal | undefined;
  /** The next file that is whole. */
  next(): Promise<Received>;
  /** Offers bytes to a client; answers what was reported, up to the last word. `isComing`: its hash is said later. */
  offer(to: FullJid, name: string, bytes: Buffer, isComing?: boolean): Promise<OfferEvent[]>;
  stop(): Promise<void>;
}

export const EVERYTHING: Ways = { listen: true, proxies: true, dial: () => true };

/** What speaks one protocol is built from. */
export interface Parts {
  readonly router: StanzaRouter;
  readonly stream: ComponentStream;
  readonly office: Pick<Office, "receive">;
  readonly hosts: StreamHosts;
  readonly inBand: InBandStreams;
  readonly proxies: Proxies;
  readonly self: FullJid;
  readonly bits: Bits;
  readonly kinds: string[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Shown with every offer. */
const LIKENESS: Picture = {
  width: 640,
  height: 480,
  thumbnail: { mediaType: "image/png", width: 1, height: 1, bytes: Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64") },
}; // prettier-ignore

/** One protocol, both ways. */
export interface Spoken {
  readonly method: OfferMethod;
  start(): void;
  stop(): void | Promise<void>;
}

export interface TransferStageOptions {
  /** What the bot says that it can. */
  readonly features: readonly string[];
  /** Where the stream host listens, and how peers reach it. Default: 127.0.0.1. */
  readonly listen?: string;
  readonly host?: string;
  /** Whether the bot asks to see who asks to see it. */
  readonly follows: boolean;
  readonly speak: (parts: Parts) => Spoken;
}

export async function transferStage(server: ComponentServer, options: TransferStageOptions): Promise<TransferStage> {
  const { features, listen = "127.0.0.1", host = "127.0.0.1", follows, speak } = options;
  const log = createLog(process.env["STAGE_LOG"] ?? "silent");
  const clock = systemClock;
  const contact = bare(`bot@${server.component}`);
  const url = `xmpp://127.0.0.1:${server.componentPort}`;
  const stream = new ComponentStream({ domain: server.component, server: url, secret: server.secret, log, clock });
  const router = new StanzaRouter(stream, log);
  const guard = new Guard({ allowPrivate: true, ports: [] });
  const socks = new SocksHosts({ listen: { host: listen, port: 0 }, host, guard, clock, log });
  const inBand = new InBandStreams({ router, stream, clock });
  const finder = new ProxyFinder({ stream, self: contact, clock, log });
  const kinds: string[] = [];
  const proxies: Proxies = {
    near: async (domain, signal) => (stage.ways.proxies ? finder.near(domain, signal) : []),
    activate: (...what) => finder.activate(...what),
  };
  const hosts: StreamHosts = {
    get own() {
      return stage.ways.listen ? socks.own : [];
    },
    expect: (addresses, member, arrived) =>
      socks.expect(addresses, member, (byteStream, address) => {
        kinds.push("our own host");
        arrived(byteStream, address);
      }),
    async dial(there, address, signal) {
      if (!stage.ways.dial(there.port)) throw new Refusal("stream-unreachable");
      const byteStream = await socks.dial(there, address, signal);
      kinds.push(`dialled ${there.port}`);
      return byteStream;
    },
  };
  const asked: string[] = [];
  const bits = new Bits({
    router: {
      iq: (type, namespace, name, handler) =>
        router.iq(type, namespace, name, (request) => {
          asked.push(request.from);
          return handler(request);
        }),
      message: (handler) => router.message(handler),
      presence: (handler) => router.presence(handler),
    },
  });
  const received: Received[] = [];
  let wake = (): void => {};
  let seen = 0;
  const office = {
    receive: async (from: FullJid, to: Jid, file: IncomingFile): Promise<Reception> => {
      if (stage.refusing) throw stage.refusing;
      const one = receptionOf(from, to, file, () => wake());
      received.push(one);
      return one;
    },
  };
  const index = { contacts: async () => [], standIns: async () => [] };
  const me = new BotContact({
    router, stream, index, contact, log, clock, name: "Restante", url: "", abuse: "", features, version: "0",
    office: { standing: async () => {}, standIn: async () => {} }, directory: { askBack: (jid) => void (follows && stream.send(presence("subscribe", contact, jid))) },
  }); // prettier-ignore
  const spoken = speak({
    router,
    stream,
    office,
    hosts,
    inBand,
    proxies,
    bits,
    self: selfOf(contact),
    kinds,
    clock,
    log,
  });
  await socks.start();
  inBand.start();
  spoken.start();
  bits.start();
  me.start();
  await stream.start();

  const stage: TransferStage = {
    bot: contact,
    received,
    kinds,
    asked,
    ways: EVERYTHING,
    refusing: undefined,
    async next() {
      while (received[seen]?.outcome === undefined) await new Promise<void>((resolve) => (wake = resolve));
      return received[seen++]!;
    },
    offer(to, name, bytes, isComing = false) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const whole = { sender: contact, recipient: bare(to), name, size: bytes.length, mediaType: "application/octet-stream", sha256 } as Parcel; // prettier-ignore
      const resource = {
        jid: to,
        stay: 1,
        priority: 0,
        show: "",
        isKnown: true,
        software: "",
        can: () => true,
      } as const;
      const parcel = isComing ? { ...whole, sha256: "" } : whole;
      const now = isComing ? { kept: Promise.resolve({ parcel: whole, line: "" }) } : {};
      const events: OfferEvent[] = [];
      return new Promise((resolve) => {
        // Dino has to have a conversation, as the ladder sees to.
        void stream.send(xml("message", { type: "chat", from: contact, to: whole.recipient }, xml("body", {}, "Here it comes."))); // prettier-ignore
        spoken.method.offer(
          { parcel, picture: LIKENESS, ...now, resources: [resource], url: "", line: "", read: readerOf(bytes) },
          async (event) => {
            events.push(event);
            if (!["sent", "reached", "moving", "last"].includes(event.type)) resolve(events);
          },
        );
      });
    },
    async stop() {
      await spoken.stop();
      inBand.stop();
      await socks.stop();
      await me.stop();
      await stream.stop();
    },
  };
  return stage;
}
