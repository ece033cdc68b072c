/** The whole component in memory: real control unit, messenger and records; the server's side, the clock and the Internet are the test's. */
import { parse } from "ltx";
import { Pace } from "../../component/control/people/access.js";
import type { Services } from "../../component/control/services.js";
import { Blocks } from "../../component/control/people/blocks.js";
import { Complaints } from "../../component/control/people/complaints.js";
import { Conversations } from "../../component/control/people/conversations.js";
import { Claims } from "../../component/control/intake/claims.js";
import { Delivery } from "../../component/control/delivery/delivery.js";
import { HeldFiles } from "../../component/control/intake/held-files.js";
import { Housekeeping } from "../../component/control/housekeeping.js";
import { Intakes } from "../../component/control/intake/intake.js";
import { Invitations } from "../../component/control/people/invitations.js";
import { Keeper } from "../../component/control/intake/keeper.js";
import { Ladder } from "../../component/control/delivery/ladder.js";
import { Links } from "../../component/control/delivery/links.js";
import { Notices } from "../../component/control/notices/notices.js";
import { Counter } from "../../component/control/office.js";
import type {
  Announced,
  BlobStore,
  Fetcher,
  Index,
  Office,
  OfferMethod,
  Painter,
  Scanner,
} from "../../component/control/ports.js";
import { Pages } from "../../component/control/delivery/pages.js";
import { Pictures } from "../../component/control/intake/pictures.js";
import { Receptions } from "../../component/control/intake/receptions.js";
import { Tongues } from "../../component/control/people/tongues.js";
import { Rules, type RuleParts } from "../../component/control/people/rules.js";
import { VirusCheck } from "../../component/control/intake/virus-check.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, type BareJid, type Jid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { Blocking } from "../../component/messenger/blocking.js";
import { Chat } from "../../component/messenger/chat.js";
import { BotContact } from "../../component/messenger/contact.js";
import { CHAT_FEATURES } from "../../component/messenger/features.js";
import { Gateway } from "../../component/messenger/gateway.js";
import { Fates } from "../../component/messenger/methods/fates.js";
import { LinkMethod } from "../../component/messenger/methods/link.js";
import { PresenceDirectory } from "../../component/messenger/presence.js";
import { StreamSpeaker } from "../../component/messenger/speaker.js";
import type { Element } from "../../component/messenger/stanza.js";
import { MemoryBlobStore } from "../../component/storage/blob/memory.js";
import { openIndex } from "../../component/storage/index/open.js";
import { FakeClock, settled } from "./fake-clock.js";
import { FakeStream } from "./fake-stream.js";

export const BOT = "bot@files.example.org";

/** Files by URL; what is no file is thrown. `gate` lets a test hold the bytes back. */
export class Internet implements Fetcher {
  readonly files = new Map<string, Buffer | Refusal>();
  /** What their servers call them. */
  readonly names = new Map<string, string>();
  gate: Promise<void> = Promise.resolve();
  fetches = 0;

  judge(url: string): void {
    if (url.includes("127.0.0.1")) throw new Refusal("link-not-allowed");
  }

  async fetch(
    url: string,
    limits: { readonly bytes: number; readonly name?: string },
    begin: (a: Announced) => Promise<void>,
    sink: (chunk: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ bytes: number }> {
    this.fetches++;
    const file = this.files.get(url) ?? new Refusal("link-refused", { host: "there", name: "it", status: 404 });
    if (file instanceof Refusal) throw file;
    await begin({ name: limits.name ?? this.names.get(url) ?? "", size: undefined, mediaType: "" });
    await this.gate;
    for (let at = 0; at < file.length; at += 65_536) {
      signal.throwIfAborted();
      if (at > limits.bytes) throw new Refusal("larger-than-said", { name: "it", size: limits.bytes });
      await sink(file.subarray(at, at + 65_536));
    }
    if (file.length > limits.bytes) throw new Refusal("larger-than-said", { name: "it", size: limits.bytes });
    return { bytes: file.length };
  }
}

/** Sees nothing in any picture. */
const BLIND: Painter = { paint: async () => undefined };

export class OfficeStage {
  readonly stream = new FakeStream();
  readonly clock = new FakeClock();
  readonly tongues = new Tongues();
  readonly internet = new Internet();
  /** The bytes, unless they are elsewhere. */
  readonly blobs = new MemoryBlobStore();
  readonly index: Index;
  /** Questions that the index has not answered. */
  #asked = 0;
  readonly desk: Links;
  readonly pages: Pages;
  readonly pictures: Pictures;
  readonly housekeeping: Housekeeping;
  readonly held: HeldFiles;
  readonly delivery: Delivery;
  readonly keeper: Keeper;
  readonly receptions: Receptions;
  readonly office: Office;
  readonly directory: PresenceDirectory;
  readonly me: BotContact;
  readonly contact: BareJid = bare(BOT);

  /** `url` and `more.blobs`: where the records and the bytes are; two stages over one are two lives of one program. `more.streams`: tried before the link. */
  constructor(
    url = "sqlite::memory:",
    limits: Partial<{
      file: number;
      quota: number;
      keep: number;
      remind: number;
      transfers: number;
      commands: number;
      invitations: number;
      invited: number;
    }> = {},
    more: {
      readonly blobs?: BlobStore;
      readonly streams?: readonly OfferMethod[];
      readonly access?: Partial<RuleParts>;
      readonly scanner?: Scanner;
      readonly absent?: "hold" | "pass";
      readonly sealed?: "refuse";
      readonly painter?: Painter;
    } = {},
  ) {
    const log = createLog("silent");
    const { streams = [], blobs = this.blobs } = more;
    const { stream, clock, contact } = this;
    const given = {
      file: 1_000_000,
      quota: 3_000_000,
      keep: 30 * 864e5,
      partial: 864e5,
      remind: 3 * 864e5,
      transfers: 2,
      commands: 100,
      invitations: 20,
      invited: 3,
      ...limits,
    };
    const index = (this.index = this.#counted(openIndex(url, { log, clock, role: "server" })));
    const office: Office = (this.office = {
      text: (...a) => counter.text(...a),
      links: (...a) => counter.links(...a),
      report: (...a) => counter.report(...a),
      receive: (...a) => counter.receive(...a),
      encrypted: (...a) => counter.encrypted(...a),
      available: (r) => counter.available(r),
      standing: (...a) => counter.standing(...a),
      standIn: (...a) => counter.standIn(...a),
      connected: () => counter.connected(),
      disconnected: () => counter.disconnected(),
    });
    const fates = new Fates(clock);
    const directory = (this.directory = new PresenceDirectory({
      router: stream,
      stream,
      index,
      office,
      contact,
      tongues: this.tongues,
      log,
      clock,
    }));
    const rules = new Rules({ domain: "files.example.org", domains: ["example.org"], recipients: [], refuse: ["refused.example"], ...more.access }); // prettier-ignore
    const me = (this.me = new BotContact({ tongues: this.tongues, personBehind: (...a) => rules.personBehind(...a), router: stream, stream, index, office, directory, contact, log, clock, name: "Restante", url: "https://files.example.org", abuse: "", features: CHAT_FEATURES, version: "0" })); // prettier-ignore
    const speaker = new StreamSpeaker({ stream, whereabouts: directory, fates, contact, tongues: this.tongues, clock });
    const notices = new Notices({ index, tongues: this.tongues, speaker, contact, whereabouts: directory, clock, log });
    const link = (token: string, name: string): string =>
      `https://files.example.org/g/${token}/${encodeURIComponent(name)}`;
    const ladder = new Ladder({ methods: [...streams, new LinkMethod({ stream, contact, tongues: this.tongues, fates })], speaker, whereabouts: directory, clock }); // prettier-ignore
    const pictures = (this.pictures = new Pictures({ index, blobs, painter: more.painter ?? BLIND, clock, log }));
    const delivery = (this.delivery = new Delivery({ index, rules, tongues: this.tongues, blobs, pictures, whereabouts: directory, ladder, notices, url: link, clock, log })); // prettier-ignore
    const all = { ...given, domains: ["example.org"], ...(more.sealed && { sealed: more.sealed }) };
    const invitations = new Invitations({ invitations: given.invitations, invited: given.invited }, clock);
    const services: Services = { rules, invitations, complaints: new Complaints({ index, notices, admins: [bare("admin@example.org")], clock, log }), notices, index, delivery, pictures, whereabouts: directory, speaker, tongues: this.tongues, clock, url: link, pageUrl: (token) => `https://files.example.org/p/${token}`, formUrl: (token) => `https://files.example.org/f/${token}`, quota: given.quota, term: given, domain: "files.example.org" }; // prettier-ignore
    const check = more.scanner && new VirusCheck({ scanner: more.scanner, blobs, absent: more.absent ?? "hold", file: 500_000, log }); // prettier-ignore
    const keeper = (this.keeper = new Keeper({ services, blobs, limits: all, check, log }));
    const intakes = new Intakes(keeper, this.internet, new Claims(keeper, "https://files.example.org"));
    const receptions = (this.receptions = new Receptions(keeper));
    const conversations = new Conversations({ services, contact, log });
    const pace = new Pace(given.commands, clock);
    const counter = new Counter({ conversations, contact, services, intakes, receptions, pace, domains: all.domains, log }); // prettier-ignore
    new Blocking({ router: stream, stream, contact, office, desk: new Blocks({ services, pace }) }).start();
    new Chat({ router: stream, stream, office, fates, tongues: this.tongues, log, clock }).start();
    const held = (this.held = new HeldFiles({ services, check, log }));
    this.housekeeping = new Housekeeping({ held, services, intakes, receptions, blobs, log });
    this.desk = new Links({ index, blobs, delivery, clock, log });
    this.pages = new Pages({ index, delivery, pictures, clock });
    me.start();
    new Gateway({ router: stream, stream, rules, tongues: this.tongues }).start();
    directory.start();
  }

  async start(): Promise<this> {
    await this.index.start();
    await this.index.beat(this.clock.now(), 15_000);
    return this;
  }

  async stop(): Promise<void> {
    this.pictures.stop();
    this.delivery.stop();
    this.receptions.stop();
    await this.keeper.stop();
    await this.settle(); // what is being told is told
    this.directory.stop();
    await this.index.stop();
  }

  /** Lets everything that can happen without time happen. */
  async settle(): Promise<void> {
    for (let still = 0, turns = 0; still < 30 && turns < 10_000; turns++) {
      await settled();
      still = this.#asked > 0 ? 0 : still + 1;
    }
  }

  #counted(index: Index): Index {
    const count = async (answer: Promise<unknown>): Promise<unknown> => {
      this.#asked++;
      return answer.finally(() => this.#asked--);
    };
    return new Proxy(index, {
      get: (_, name) => {
        const member: unknown = Reflect.get(index, name);
        if (typeof member !== "function") return member;
        return (...args: unknown[]): unknown => {
          const answer: unknown = member.apply(index, args);
          return answer instanceof Promise ? count(answer) : answer;
        };
      },
    });
  }

  /** A stanza comes in from the server; what follows from it has happened when this settles. */
  async receive(xml: string): Promise<void> {
    const stanza = parse(xml);
    this.tongues.heard(stanza.attrs["from"] as Jid, stanza.attrs["xml:lang"] as string | undefined); // as the router does
    await this.stream.receive(stanza);
    await this.settle();
  }

  async say(from: string, text: string): Promise<void> {
    await this.receive(
      `<message from='${from}' to='${BOT}' type='chat' id='${Math.random()}'><body>${text}</body></message>`,
    );
  }

  /** Somebody sends a file as clients do: by its URL. */
  async sendLink(from: string, url: string): Promise<void> {
    await this.receive(`<message from='${from}' to='${BOT}' type='chat' id='${Math.random()}'><body>${url}</body><x xmlns='jabber:x:oob'><url>${url}</url></x></message>`); // prettier-ignore
  }

  /** Somebody has added the bot, and it him. */
  async befriend(jid: string): Promise<void> {
    await this.receive(`<presence from='${jid}' to='${BOT}' type='subscribe'/>`);
    await this.receive(`<presence from='${jid}' to='${BOT}' type='subscribed'/>`);
  }

  async online(jid: string, resource = "home"): Promise<void> {
    await this.receive(`<presence from='${jid}/${resource}' to='${BOT}'/>`);
  }

  async offline(jid: string, resource = "home"): Promise<void> {
    await this.receive(`<presence from='${jid}/${resource}' to='${BOT}' type='unavailable'/>`);
  }

  /** What has been said to somebody since it was last asked, bodies only. */
  heard(jid: string): string[] {
    const mine = this.stream.sent.filter((s) => s.name === "message" && String(s.attrs["to"]).split("/")[0] === jid && s.getChild("body")); // prettier-ignore
    for (const s of mine) this.stream.sent.splice(this.stream.sent.indexOf(s), 1);
    return mine.map((s: Element) => s.getChildText("body") ?? "");
  }

  /** Fetches a capability URL as a browser does; answers the bytes that it gave (all, when `upTo` is absent). */
  async fetch(url: string, upTo?: number): Promise<Buffer> {
    const token = /\/g\/([^/]+)/.exec(url)![1]!;
    const open = await this.desk.open(token);
    await open.moving();
    const span = { start: 0, end: upTo ?? open.size };
    const got: Uint8Array[] = [];
    for await (const chunk of await open.read(span)) got.push(chunk);
    await open.served(span);
    await this.settle();
    return Buffer.concat(got);
  }
}
