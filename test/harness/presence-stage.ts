/** The stage for the contact and the presence directory: a scripted server side, a clock turned by hand, records in a map. */
import { parse } from "ltx";
import type { Contact, Index, Resource } from "../../component/control/ports.js";
import type { Clock } from "../../component/lib/clock.js";
import { asRefusal, Refusal } from "../../component/lib/errors.js";
import { bare, toJid, type BareJid, type FullJid, type Jid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import {
  errorReply,
  StanzaError,
  xml,
  type Element,
  type IqHandler,
  type Router,
  type StanzaHandler,
  type StanzaStream,
} from "../../component/messenger/stanza.js";

export const DOMAIN = bare("files.example.org");
export const BOT = bare("bot@files.example.org");
export const log = createLog("silent");

/** A clock that stands until it is turned. */
export class HandClock implements Clock {
  #now = 1_700_000_000_000;
  #timers: { at: number; what: () => void }[] = [];
  now(): number {
    return this.#now;
  }
  after(ms: number, what: () => void): () => void {
    const timer = { at: this.#now + ms, what };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }
  get pending(): number {
    return this.#timers.length;
  }
  /** Turns it on, timer by timer, letting promises settle in between. */
  async turn(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.#now = Math.max(this.#now, next.at);
      next.what();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets everything run that is ready to. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** What was asked of a client, and is not answered yet. */
interface Question {
  readonly iq: Element;
  answer(payload: string): void;
  fail(error: Error): void;
}

export class Stage implements StanzaStream, Router {
  readonly domain = DOMAIN;
  online = true;
  readonly sent: string[] = [];
  readonly questions: Question[] = [];
  readonly #iqs = new Map<string, IqHandler>();
  readonly #messages: StanzaHandler[] = [];
  readonly #presences: StanzaHandler[] = [];

  async send(stanza: Element): Promise<void> {
    if (!this.online) throw new Refusal("offline");
    this.sent.push(stanza.toString());
  }
  request(iq: Element): Promise<Element> {
    return new Promise((resolve, reject) => {
      this.questions.push({
        iq,
        answer: (payload) => resolve(xml("iq", { type: "result" }, parse(payload))),
        fail: reject,
      });
    });
  }
  iq(type: "get" | "set", namespace: string, name: string, handler: IqHandler): void {
    const key = `${type} ${namespace} ${name}`;
    if (this.#iqs.has(key)) throw new Error(`registered twice: ${key}`);
    this.#iqs.set(key, handler);
  }
  message(handler: StanzaHandler): void {
    this.#messages.push(handler);
  }
  presence(handler: StanzaHandler): void {
    this.#presences.push(handler);
  }

  /** A message or presence comes in. Whether anybody took it. */
  hear(text: string): boolean {
    const stanza = parse(text);
    const { from, to } = stanza.attrs as { from: string; to: string };
    const handlers = stanza.is("message") ? this.#messages : this.#presences;
    return handlers.some((handler) => handler(stanza, toJid(from)!, toJid(to)!));
  }

  /** An iq comes in; its answer as it would go out. */
  async ask(text: string): Promise<Element> {
    const stanza = parse(text);
    const { from, to, id, type } = stanza.attrs as Record<string, string>;
    const payload = stanza.getChildElements()[0]!;
    const handler = this.#iqs.get(`${type} ${payload.attrs["xmlns"] as string} ${payload.name}`);
    if (!handler) throw new Error(`nobody takes ${text}`);
    try {
      const result = await handler({ from: toJid(from!)!, to: toJid(to!)!, type: type as "get", payload, stanza });
      return xml("iq", { type: "result", from: to, to: from, id }, result);
    } catch (e) {
      return errorReply(stanza, asRefusal(e));
    }
  }

  /** What went out since the last time. */
  take(): string[] {
    return this.sent.splice(0);
  }
}

/** A client's refusal to answer. */
export const unavailable = (): Error => new StanzaError("service-unavailable", "cancel");

export const full = (text: string): FullJid => toJid(text) as FullJid;

/** The office, which writes down what it is told. */
export class Scribe {
  readonly offers: string[] = [];
  readonly standings: string[] = [];
  readonly seen: Resource[] = [];
  available(resource: Resource): void {
    this.offers.push(resource.jid);
    this.seen.push(resource);
  }
  async standing(jid: Jid, change: object): Promise<void> {
    this.standings.push(`${jid} ${JSON.stringify(change)}`);
  }
}

/** Contacts in memory, and who of them is awaited. */
export class Contacts implements Pick<Index, "contact" | "contacts"> {
  readonly awaited = new Set<string>();
  readonly #rows = new Map<BareJid, Contact>();
  isDown = false;

  add(jid: string, flags: Partial<Contact> = {}): void {
    this.#rows.set(bare(jid), { jid: bare(jid), standing: "met", followed: false, follows: false, since: 0, ...flags });
  }
  async contact(jid: BareJid): Promise<Contact | undefined> {
    this.#check();
    return this.#rows.get(jid);
  }
  async contacts(after: string, limit: number, only?: "followed" | "follows" | "awaited"): Promise<Contact[]> {
    this.#check();
    const isWanted = (c: Contact): boolean => (only === "awaited" ? this.awaited.has(c.jid) : !only || c[only]);
    return [...this.#rows.values()]
      .filter((c) => c.jid > after && isWanted(c))
      .sort((a, b) => (a.jid < b.jid ? -1 : 1))
      .slice(0, limit);
  }
  #check(): void {
    if (this.isDown) throw new Refusal("index-down");
  }
}
