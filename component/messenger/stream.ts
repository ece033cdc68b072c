/**
 * The component's stream (XEP-0114): one connection after another for as long as it runs. It never gives up: a lost connection,
 * a wrong secret or a conflict mean another attempt after a pause that doubles up to a limit, with jitter.
 *
 * Stanzas go through with as little as possible between them and the socket: what a handler sends while a read is dealt with
 * leaves in one write right after it.
 */
import { type Clock, pause, systemClock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { domainOf, type Jid, toJid } from "../lib/jid.js";
import type { Log } from "../lib/log.js";
import { ComponentConnection } from "./connection.js";
import { Inbox } from "./inbox.js";
import { Keepalive, type KeepaliveLimits } from "./keepalive.js";
import { Outbox, type OutboxLimits } from "./outbox.js";
import { type StanzaLimits, STANZA_LIMITS } from "./parser.js";
import { Requests } from "./requests.js";
import { RoundTrips } from "./round-trips.js";
import { serialise } from "./serialise.js";
import { type Element, NS_STANZAS, type StanzaStream, xml } from "./stanza.js";

export interface StreamLimits extends OutboxLimits, KeepaliveLimits {
  readonly stanza: StanzaLimits;
  /** The largest stanza that is sent, in bytes: Prosody ends a component's stream at 512 KiB. */
  readonly outgoing: number;
  /** Characters of stanzas that are kept while handlers are behind. */
  readonly inbox: number;
  /** Unanswered requests. */
  readonly requests: number;
  /** For the server's header, and for closing; three times as long for all until it is online (ms). */
  readonly timeout: number;
  /** The first pause before another attempt, and the longest (ms). */
  readonly pause: number;
  readonly longestPause: number;
  /** A connection that held this long (ms) was a good one: the pauses begin anew. */
  readonly stable: number;
}

const STREAM_LIMITS: StreamLimits = {
  stanza: STANZA_LIMITS, outgoing: 500_000, inbox: 2 ** 23, requests: 20_000,
  waiting: 1000, patience: 30_000, unsent: 2 ** 24, stall: 45_000,
  idle: 20_000, answer: 15_000, timeout: 5000, pause: 200, longestPause: 30_000, stable: 10_000,
}; // prettier-ignore

export interface StreamOptions {
  readonly domain: string;
  /** `xmpp://host:port` */
  readonly server: string;
  readonly secret: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly limits?: Partial<StreamLimits>;
}

/** Who deals with what comes in. Calls are made while the socket is being read. */
export interface Receiver {
  /** Every stanza except answers to requests. */
  stanza(stanza: Element): void;
  /** The header of a stanza that was too large to be read. */
  refused(header: Element): void;
}

export class ComponentStream implements StanzaStream {
  readonly domain: Jid;
  /** Counted since the start. Reconnections do not count the first connection. */
  stanzasIn = 0;
  stanzasOut = 0;
  reconnects = 0;
  /** What went wrong with the last connection or attempt, in words for the operator; "" while all is well. */
  trouble = "";

  readonly #options: StreamOptions;
  readonly #limits: StreamLimits;
  readonly #clock: Clock;
  readonly #requests: Requests;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #keepalive: Keepalive;
  readonly #roundTrips: RoundTrips;
  readonly #stopping = new AbortController();
  readonly #onOnline: (() => void)[] = [];
  readonly #onOffline: (() => void)[] = [];
  #receiver: Receiver = { stanza: () => {}, refused: () => {} };
  #connection: ComponentConnection | undefined;
  #online = false;
  #wasOnline = false;
  #running: Promise<void> | undefined;
  #reading = true;

  constructor(options: StreamOptions) {
    const domain = toJid(options.domain);
    if (!domain || domainOf(domain) !== domain) throw new TypeError(`not a domain: ${options.domain}`);
    this.domain = domain;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...STREAM_LIMITS, ...options.limits };
    this.#requests = new Requests(this.#clock, this.#limits.requests);
    this.#outbox = new Outbox(this.#clock, this.#limits);
    this.#inbox = new Inbox(this.#limits.inbox, (stanza) => this.#deliver(stanza));
    this.#keepalive = new Keepalive(this.#clock, this.#limits, domain, (ping) => void this.#post(ping));
    this.#roundTrips = new RoundTrips(this.#clock, domain, (ping) => void this.#post(ping));
    let release = (): void => {};
    this.#outbox.onFull = (full) => {
      if (full) release = this.#inbox.hold();
      else release();
    };
    this.#inbox.onFull = (full) => this.#read(!full);
  }

  get online(): boolean {
    return this.#online;
  }

  /** Begins to connect. Resolves when it is online for the first time; rejects with Refusal "stopping" when stopped before. */
  start(): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.reject(new Refusal("stopping"));
    return new Promise((resolve, reject) => {
      this.onOnline(resolve);
      this.#stopping.signal.addEventListener("abort", () => reject(new Refusal("stopping")), { once: true });
      this.#running ??= this.#run();
    });
  }

  /** Sends what has been given to it, says goodbye and ends; what is still open is rejected with Refusal "stopping". */
  async stop(): Promise<void> {
    const refusal = new Refusal("stopping");
    this.#stopping.abort(refusal);
    this.#keepalive.stop();
    this.#outbox.end(refusal);
    this.#outbox.flush();
    this.#outbox.detach();
    if (this.#online) await this.#connection?.close();
    else this.#connection?.destroy(refusal);
    await this.#running;
    this.#requests.end(refusal);
  }

  /** Called each time that it has come online, in order of registration. */
  onOnline(listener: () => void): void {
    this.#onOnline.push(listener);
  }

  /** Called each time that it was online and is not any more, in order of registration. */
  onOffline(listener: () => void): void {
    this.#onOffline.push(listener);
  }

  /** Names the one who gets what comes in. */
  receive(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** Keeps what comes in, and stops reading when that is too much, until the answer is called. */
  hold(): () => void {
    return this.#inbox.hold();
  }

  /** See {@link StanzaStream.send}. The promise may be left alone: a rejection that nobody hears is no error. */
  send(stanza: Element): Promise<void> {
    if (this.#stopping.signal.aborted) return refused(new Refusal("stopping"));
    return this.#post(stanza);
  }

  /** See {@link StanzaStream.deliver}. */
  async deliver(stanza: Element): Promise<void> {
    await this.send(stanza);
    // Still on the connection that has taken it.
    await this.#roundTrips.pass();
  }

  async request(iq: Element, options: { timeout?: number; signal?: AbortSignal } = {}): Promise<Element> {
    const { id, answer } = this.#requests.open(String(iq.attrs["to"]), options.timeout ?? 30_000, options.signal);
    iq.attrs["id"] = id;
    this.send(iq).catch((e: Error) => this.#requests.fail(id, e));
    return answer;
  }

  #post(stanza: Element): Promise<void> {
    const { from, to } = stanza.attrs as Record<string, string | undefined>;
    const text = serialise(stanza);
    // At most three bytes a character: most need not be counted.
    const tooLarge = text.length * 3 > this.#limits.outgoing && Buffer.byteLength(text) > this.#limits.outgoing;
    if (!from || !to || tooLarge) {
      const error = new TypeError(tooLarge ? "stanza too large to be sent" : "stanza without from or to");
      // Its first tag: what follows may be a link.
      this.#options.log.error({ err: error, stanza: text.slice(0, text.indexOf(">") + 1) }, "stanza not sent");
      return refused(error);
    }
    this.stanzasOut++;
    return this.#outbox.push(text);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { pause: shortest, longestPause, stable } = this.#limits;
    let tries = 0;
    while (!signal.aborted) {
      const began = this.#clock.now();
      const wasOnline = await this.#connectOnce();
      tries = wasOnline && this.#clock.now() - began >= stable ? 0 : tries + 1;
      const most = Math.min(longestPause, shortest * 2 ** Math.min(tries, 30));
      if (!signal.aborted) await pause(this.#clock, most * (0.5 + Math.random() / 2), signal).catch(() => {});
    }
  }

  /** One connection from its beginning to its end. Answers whether it was online. */
  async #connectOnce(): Promise<boolean> {
    const { domain, server, secret, log } = this.#options;
    const { stanza, timeout } = this.#limits;
    const connection = new ComponentConnection(
      { domain, server, secret, stanza, timeout },
      {
        read: () => this.#outbox.acknowledge(),
        stanza: (element, size) => this.#arrive(element, size),
        refused: (header) => this.#refuse(header),
      },
    );
    this.#connection = connection;
    connection.once("online", () => this.#comeOnline(connection));
    let why: Error | undefined;
    try {
      await connection.establish();
      why = await connection.ended;
    } catch (e) {
      why = e as Error;
    }
    const wasOnline = this.#online;
    this.trouble = why ? inWords(why, server, domain) : "the server closed the stream";
    const detail = { domain, server, why: why?.message };
    if (this.#stopping.signal.aborted) log.info(detail, "stopped");
    else log[wasOnline ? "warn" : "error"](detail, `offline: ${this.trouble}`);
    if (wasOnline) this.#goOffline();
    return wasOnline;
  }

  #comeOnline(connection: ComponentConnection): void {
    const { log, domain, server } = this.#options;
    this.trouble = "";
    if (this.#wasOnline) this.reconnects++;
    this.#wasOnline = this.#online = true;
    log.info({ domain, server }, "online");
    this.#outbox.attach(connection.socket!);
    this.#read(this.#reading);
    this.#keepalive.watch(connection);
    for (const listener of this.#onOnline) this.#guard(listener);
  }

  #goOffline(): void {
    this.#online = false;
    this.#keepalive.stop();
    this.#outbox.detach();
    const refusal = new Refusal(this.#stopping.signal.aborted ? "stopping" : "offline");
    this.#roundTrips.end(refusal);
    this.#requests.end(refusal);
    for (const listener of this.#onOffline) this.#guard(listener);
  }

  #arrive(stanza: Element, size: number): void {
    this.stanzasIn++;
    if (stanza.name === "iq") {
      if (this.#keepalive.take(stanza) || this.#roundTrips.take(stanza)) return;
      const type: unknown = stanza.attrs["type"];
      if (type === "result" || type === "error") return void this.#requests.take(stanza);
    }
    this.#inbox.push(stanza, size);
  }

  #refuse(header: Element): void {
    this.stanzasIn++;
    const { from, to, type } = header.attrs as Record<string, string | undefined>;
    this.#options.log.warn({ from, to, type, stanza: header.name }, "stanza too large");
    if (header.name === "iq" && (type === "result" || type === "error")) {
      // An answer that cannot be read is as good as this one.
      header.attrs["type"] = "error";
      header.append(xml("error", { type: "cancel" }, xml("policy-violation", { xmlns: NS_STANZAS })));
      this.#requests.take(header);
    } else this.#guard(() => this.#receiver.refused(header));
  }

  #deliver(stanza: Element): void {
    this.#guard(() => this.#receiver.stanza(stanza));
  }

  /** Whatever a handler throws, the stream goes on. */
  #guard(what: () => void): void {
    try {
      what();
    } catch (err) {
      this.#options.log.error({ err }, "a handler failed");
    }
  }

  #read(on: boolean): void {
    this.#reading = on;
    if (on) this.#connection?.socket?.resume();
    else this.#connection?.socket?.pause();
  }
}

function refused(why: Error): Promise<void> {
  const promise = Promise.reject(why);
  promise.catch(() => {});
  return promise;
}

/** What the operator should know of a connection that failed. */
function inWords(error: Error & { condition?: string; code?: string }, server: string, domain: string): string {
  if (error.condition === "not-authorized") return `the secret is wrong: ${server} does not take it for ${domain}`;
  if (error.condition === "host-unknown") return `${server} knows no component ${domain}`;
  if (error.condition === "conflict") return `${domain} is connected to ${server} already, from elsewhere`;
  if (error.code === "ECONNREFUSED") return `nothing listens at ${server}`;
  return error.message || error.code || "the connection failed";
}
