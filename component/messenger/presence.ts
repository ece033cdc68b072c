/**
 * The presence directory: who is online with what (RFC 6121 §4, XEP-0115).
 *
 * The office is told of a client in the very tick in which its presence comes in, when it is *open* (priority not below 0,
 * show not dnd) and
 *  - was not known to be there: it has just come, was lost, or was never heard of since the stream began; or
 *  - was there but not open; or
 *  - claims other capabilities than before, and what they stand for is known;
 * and once more later when what its capabilities stand for has become known. Changes between the other shows, of the
 * status, or of the priority above zero tell it nothing.
 *
 * Nothing outlives a connection: it begins with an empty book and asks for the presence of everybody it follows (§4.3),
 * first of those for whom something waits. Left out: presence from bare addresses (a client has a resource).
 */
import type { Contact, Index, Office, Resource, Whereabouts } from "../control/ports.js";
import type { Tongues } from "../control/people/tongues.js";
import { pause, type Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { bareOf, domainOf, isFull, type BareJid, type FullJid, type Jid } from "../lib/jid.js";
import { putLast } from "../lib/latest.js";
import type { Log } from "../lib/log.js";
import { detached } from "../lib/text.js";
import { selfOf } from "./about.js";
import { CapsCache } from "./caps-cache.js";
import { Client, ClientBook, compare, isOpen, stirs, takesMessages } from "./clients.js";
import { goRound, type Round } from "./rounds.js";
import { StanzaError, type Element, type Router, type StanzaStream } from "./stanza.js";
import { parseAvailability, presence } from "./wire/rfc6121-presence.js";
import { infoQuery, NS_INFO, parseInfo, type DiscoInfo } from "./wire/xep0030-disco.js";

export interface PresenceOptions {
  readonly router: Router;
  readonly stream: StanzaStream;
  readonly index: Pick<Index, "contact" | "contacts">;
  readonly office: Pick<Office, "available" | "standing">;
  /** The bot's own address. */
  readonly contact: BareJid;
  /** Told what is read of people anyway. */
  readonly tongues?: Tongues;
  readonly log: Log;
  readonly clock: Clock;
  /** Probes in a second after a (re)connection. */
  readonly pace?: number;
}

const DAY = 864e5;
const AGAIN = 2000; // ms between two requests to somebody who keeps answering with one of his own: no game of ping-pong
const ASKED = 50_000; // requests remembered
const SILENCE = 15_000; // ms after the last probe
const CAPS_TIMEOUT = 10_000; // ms

type Hearing = (stanza: Element, from: Jid, to: Jid) => void;

export class PresenceDirectory implements Whereabouts {
  readonly #o: PresenceOptions;
  readonly #book = new ClientBook();
  readonly #caps: CapsCache;
  /** Domains whose users' presence the server shows us by itself (XEP-0356). */
  readonly #shown = new Set<string>();
  /** Subscription requests of ours, the oldest first. */
  readonly #asked = new Map<BareJid, { at: number; isAnswered: boolean }>();
  #rounds = new AbortController();
  /** How often a client has come. */
  #stays = 0;

  /** What is done with each type of presence; the others are the contact's business. */
  readonly #hearings = new Map<string | undefined, Hearing>([
    [undefined, (stanza, from, to) => this.#available(stanza, from, to)],
    ["unavailable", (_, from) => this.#gone(from)],
    ["error", (_, from) => this.#gone(from)],
    ["subscribed", (_, from) => this.#granted(bareOf(from))],
    ["unsubscribed", (_, from) => this.#denied(bareOf(from))],
  ]);

  constructor(options: PresenceOptions) {
    this.#o = options;
    this.#caps = new CapsCache(
      (jid, node) => this.#discover(jid, node),
      (who) => this.#learnt(who as Client),
    );
  }

  start(): void {
    const { router, contact, stream } = this.#o;
    router.presence((stanza, from, to) => {
      const hearing = this.#hearings.get(stanza.attrs["type"] as string | undefined);
      if (!hearing || (bareOf(to) !== contact && to !== stream.domain)) return false;
      if (bareOf(from) !== contact) hearing(stanza, from, to);
      return true;
    });
  }

  stop(): void {
    this.disconnected();
  }

  /** The stream is up (again): everybody is asked about. */
  connected(): void {
    this.disconnected();
    this.#rounds = new AbortController();
    this.#probeAll(this.#rounds.signal).catch((e: unknown) => this.#o.log.error({ err: e }, "asking for presence"));
  }

  /** The stream is gone, and with it whatever was known. */
  disconnected(): void {
    this.#rounds.abort();
    this.#book.clear();
    this.#caps.reset();
    this.#shown.clear();
  }

  resources(jid: BareJid): readonly Resource[] {
    return this.#book.of(jid).filter(takesMessages).reverse().sort(compare);
  }

  /** True once anything was heard of him since the stream began, be it that he is away. */
  knows(jid: BareJid): boolean {
    return this.#book.hasHeard(jid);
  }

  follow(jid: BareJid): void {
    if (this.#book.follows(jid) || this.#shown.has(domainOf(jid)) || !this.#mayAsk(jid, DAY)) return;
    this.#followUp(jid).catch((e: unknown) => this.#o.log.error({ err: e }, "asking to follow"));
  }

  inherit(): void {
    const { contact, stream, log } = this.#o;
    const ask = async (one: Contact): Promise<boolean> => {
      const { jid, followed } = one;
      this.#o.tongues?.note(one);
      if (!followed || this.knows(jid)) return false;
      this.#book.follow(jid);
      await stream.send(presence("probe", contact, jid));
      return true;
    };
    const { signal } = this.#rounds;
    this.#round("awaited", signal, ask)
      .then((isDone) => isDone && this.#round("followed", signal, ask))
      .catch((e: unknown) => log.error({ err: e }, "asking for presence"));
  }

  /** Asks back somebody who asked us, unless he has our request already. A server that knows the answer gives it for him. */
  askBack(jid: BareJid): void {
    if (this.#mayAsk(jid, AGAIN)) this.#say(presence("subscribe", this.#o.contact, jid));
  }

  /** A client that no longer answers: it counts as gone until its next presence. */
  lost(jid: FullJid): void {
    this.#gone(jid);
  }

  /**
   * The server shows the presence of all users of `domain` by itself, or no longer does. Nobody there needs to be asked; but who
   * has not been heard of may be online all the same: ejabberd does not show those who came before us (XEP-0356 §8 wants it).
   */
  show(domain: string, isShown: boolean): void {
    if (isShown) this.#shown.add(domain);
    else this.#shown.delete(domain);
  }

  /** People in memory, for /metrics. */
  get size(): { followed: number; strangers: number } {
    return this.#book.size;
  }

  #available(stanza: Element, from: Jid, to: Jid): void {
    if (!isFull(from)) return;
    const { show, priority, caps } = parseAvailability(stanza);
    if (to === this.#o.stream.domain && this.#shown.has(domainOf(from))) this.#book.follow(bareOf(from));
    const before = this.#book.find(from);
    const client = new Client(before?.jid ?? detached(from), before?.stay ?? ++this.#stays, priority, show);
    for (const other of this.#book.put(client)) this.#caps.drop(other);
    if (caps) this.#caps.claim(client, caps);
    if (before) this.#caps.drop(before);
    if (stirs(before, client)) this.#o.office.available(client);
  }

  /** One client, or all of somebody's when the address is bare. */
  #gone(jid: Jid): void {
    this.#book.hear(bareOf(jid));
    for (const client of this.#book.drop(jid)) this.#caps.drop(client);
  }

  #granted(jid: BareJid): void {
    const asked = this.#asked.get(jid);
    if (asked) asked.isAnswered = true;
    this.#book.follow(jid);
    this.#book.hear(jid);
    void this.#o.office.standing(jid, { followed: true, standing: "met" });
  }

  /** News only of somebody whom we follow or asked: strangers shall not fill the records. */
  #denied(jid: BareJid): void {
    const asked = this.#asked.get(jid);
    if (!asked && !this.#book.follows(jid)) return;
    if (asked) asked.isAnswered = true;
    if (!this.#shown.has(domainOf(jid))) for (const client of this.#book.forget(jid)) this.#caps.drop(client);
    void this.#o.office.standing(jid, { followed: false });
  }

  #learnt(client: Client): void {
    if (isOpen(client)) this.#o.office.available(client);
  }

  /** Whether a request may go to him now; it counts as made. One that was answered may be repeated after `again` ms, any after a day. */
  #mayAsk(jid: BareJid, again: number): boolean {
    const now = this.#o.clock.now();
    const asked = this.#asked.get(jid);
    if (asked && now - asked.at < (asked.isAnswered ? again : DAY)) return false;
    putLast(this.#asked, detached(jid), { at: now, isAnswered: false }, ASKED);
    return true;
  }

  /** Somebody who let us see him before, and whose turn the round has not come to yet, is not asked again. */
  async #followUp(jid: BareJid): Promise<void> {
    let isFollowed = false;
    try {
      isFollowed = (await this.#o.index.contact(jid))?.followed ?? false;
    } catch (e) {
      if (!(e instanceof Refusal)) throw e; // records that are down have no answer; his server then has
    }
    if (isFollowed) this.#book.follow(jid);
    this.#say(presence(isFollowed ? "probe" : "subscribe", this.#o.contact, jid));
  }

  async #probeAll(signal: AbortSignal): Promise<void> {
    const { contact, stream, tongues, log } = this.#o;
    for (const only of ["awaited", "followed"] as const) {
      const isDone = await this.#round(only, signal, async (one) => {
        const { jid, followed } = one;
        tongues?.note(one); // before he comes: nobody waits for it then
        if (!followed || this.#book.follows(jid)) return false;
        this.#book.follow(jid);
        await stream.send(presence("probe", contact, jid));
        return true;
      });
      if (!isDone) return;
    }
    log.info({ ...this.size }, "everybody has been asked for presence");
    await this.#doubtAll(signal);
  }

  /**
   * Somebody who took his presence from us while we were away is not told of by every server: Prosody is silent (as ejabberd is
   * about whoever is offline). Where something waits, that must not be for ever: the records are put right, and he is asked
   * again. The server of somebody who did agree answers that for him, and nobody is troubled.
   */
  async #doubtAll(signal: AbortSignal): Promise<void> {
    const { clock, contact, office, stream } = this.#o;
    await pause(clock, SILENCE, signal).catch(() => undefined);
    await this.#round("awaited", signal, async ({ jid, followed }) => {
      if (!followed || this.knows(jid)) return false;
      this.#book.forget(jid);
      await office.standing(jid, { followed: false });
      if (!this.#mayAsk(jid, DAY)) return false;
      await stream.send(presence("subscribe", contact, jid));
      return true;
    });
  }

  #round(only: Round["only"], signal: AbortSignal, visit: (contact: Contact) => Promise<boolean>): Promise<boolean> {
    const { index, clock, pace = 200 } = this.#o;
    return goRound({ index, only, pace, clock, signal }, visit);
  }

  async #discover(jid: FullJid, node: string): Promise<DiscoInfo | undefined> {
    const question = infoQuery(selfOf(this.#o.contact), jid, node);
    try {
      const result = await this.#o.stream.request(question, { timeout: CAPS_TIMEOUT });
      return parseInfo(result.getChild("query", NS_INFO));
    } catch (e) {
      if (!(e instanceof StanzaError || e instanceof Refusal)) this.#o.log.error({ err: e }, "asking for capabilities");
      return undefined;
    }
  }

  #say(stanza: Element): void {
    this.#o.stream.send(stanza).catch((e: unknown) => this.#o.log.debug({ err: e }, "presence not sent"));
  }
}
