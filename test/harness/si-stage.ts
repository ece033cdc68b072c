/**
 * Stream initiation between a real server's people and the real messenger with real stream hosts, without the control unit: what comes in is
 * kept in memory, and what goes out is the test's. For what the whole program cannot be told: to have no stream host, or to reach no other.
 */
import { createHash } from "node:crypto";
import type { IncomingFile, OfferEvent, Parcel, Reception, StreamHosts } from "../../component/control/ports.js";
import { systemClock } from "../../component/lib/clock.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, type FullJid, type Jid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { selfOf } from "../../component/messenger/about.js";
import { BotContact } from "../../component/messenger/contact.js";
import { InBandStreams } from "../../component/messenger/in-band.js";
import { SI_FEATURES, SiIntake } from "../../component/messenger/methods/si-intake.js";
import { SiMethod } from "../../component/messenger/methods/si.js";
import { ProxyFinder } from "../../component/messenger/proxies.js";
import { StanzaRouter } from "../../component/messenger/router.js";
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

export interface SiStage {
  readonly bot: Jid;
  readonly received: readonly Received[];
  /** What SOCKS5 may do from now on. */
  ways: Ways;
  /** What became of each stream so far: how it was made. */
  readonly kinds: readonly string[];
  /** Refuses every further offer. */
  refusing: Refusal | undefined;
  /** The next file that is whole. */
  next(): Promise<Received>;
  /** Offers bytes to a client; answers what was reported, up to the last word. */
  offer(to: FullJid, name: string, bytes: Buffer): Promise<OfferEvent[]>;
  stop(): Promise<void>;
}

export const EVERYTHING: Ways = { listen: true, proxies: true, dial: () => true };

export async function siStage(server: ComponentServer): Promise<SiStage> {
  const log = createLog(process.env["STAGE_LOG"] === undefined ? "silent" : "debug");
  const clock = systemClock;
  const contact = bare(`bot@${server.component}`);
  const url = `xmpp://127.0.0.1:${server.componentPort}`;
  const stream = new ComponentStream({ domain: server.component, server: url, secret: server.secret, log, clock });
  const router = new StanzaRouter(stream, log);
  const guard = new Guard({ allowPrivate: true, ports: [] });
  const socks = new SocksHosts({ listen: { host: "127.0.0.1", port: 0 }, host: "127.0.0.1", guard, clock, log });
  const inBand = new InBandStreams({ router, stream, clock });
  const finder = new ProxyFinder({ stream, self: contact, clock, log });
  const proxies: Proxies = {
    near: async (domain, signal) => (stage.ways.proxies ? finder.near(domain, signal) : []),
    activate: (...what) => finder.activate(...what),
  };
  const kinds: string[] = [];
  const streamHosts: StreamHosts = {
    get own() {
      return stage.ways.listen ? socks.own : [];
    },
    expect: (addresses, member, arrived) =>
      socks.expect(addresses, member, (byteStream, address) => {
        kinds.push("our own host");
        arrived(byteStream, address);
      }),
    async dial(host, address, signal) {
      if (!stage.ways.dial(host.port)) throw new Refusal("stream-unreachable");
      const byteStream = await socks.dial(host, address, signal);
      kinds.push(`dialled ${host.port}`);
      return byteStream;
    },
  };
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
  const index = { contacts: async () => [] };
  const me = new BotContact({
    router, stream, index, contact, log, clock, name: "Restante", url: "", abuse: "", features: SI_FEATURES, version: "0",
    office: { standing: async () => {} }, directory: { askBack: () => {} },
  }); // prettier-ignore
  const intake = new SiIntake({ router, office, streamHosts, inBand, clock, log });
  const method = new SiMethod({ stream, streamHosts, inBand, proxies, self: selfOf(contact), clock, log });
  await socks.start();
  inBand.start();
  intake.start();
  me.start();
  await stream.start();

  const stage: SiStage = {
    bot: contact,
    received,
    kinds,
    ways: EVERYTHING,
    refusing: undefined,
    async next() {
      while (received[seen]?.outcome === undefined) await new Promise<void>((resolve) => (wake = resolve));
      return received[seen++]!;
    },
    offer(to, name, bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const parcel = { sender: contact, recipient: bare(to), name, size: bytes.length, mediaType: "application/octet-stream", sha256 } as Parcel; // prettier-ignore
      const resource = { jid: to, priority: 0, show: "", isKnown: true, software: "", can: () => true } as const;
      const events: OfferEvent[] = [];
      return new Promise((resolve) => {
        method.offer(
          { parcel, resources: [resource], url: "", line: "Here it comes.", read: readerOf(bytes) },
          async (event) => {
            events.push(event);
            if (!["sent", "moving", "last"].includes(event.type)) resolve(events);
          },
        );
      });
    },
    async stop() {
      await method.stop();
      await intake.stop();
      inBand.stop();
      await socks.stop();
      await me.stop();
      await stream.stop();
    },
  };
  return stage;
}
