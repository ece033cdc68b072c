/** The stage for the contact and the presence directory: questions that the test answers, an office that writes down what it hears, contacts in a map. */
import { parse } from "ltx";
import type { Contact, Index, Resource, StandIn } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { bare, toJid, type BareJid, type FullJid, type Jid } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { StanzaError, xml, type Element, type StanzaHandler } from "../../component/messenger/stanza.js";
import { FakeClock, settled } from "./fake-clock.js";
import { FakeStream } from "./fake-stream.js";

export const DOMAIN = bare("files.example.org");
export const BOT = bare("bot@files.example.org");
export const log = createLog("silent");

/** Lets what has begun come to its first pause before time goes on. */
export class HandClock extends FakeClock {
  override async turn(ms: number): Promise<void> {
    await settled();
    await super.turn(ms);
  }
}

/** What was asked of a client, and is not answered yet. */
interface Question {
  readonly iq: Element;
  answer(payload: string): void;
  fail(error: Error): void;
}

export class Stage extends FakeStream {
  /** Requests wait here for the test to answer them. */
  readonly questions: Question[] = [];
  readonly #handlers: Record<"message" | "presence", StanzaHandler[]> = { message: [], presence: [] };

  override request(iq: Element): Promise<Element> {
    return new Promise((resolve, reject) => {
      const answer = (payload: string): void => resolve(xml("iq", { type: "result" }, parse(payload)));
      this.questions.push({ iq, answer, fail: reject });
    });
  }
  override message(handler: StanzaHandler): void {
    this.#handlers.message.push(handler);
  }
  override presence(handler: StanzaHandler): void {
    this.#handlers.presence.push(handler);
  }

  /** A message or presence comes in, and is through when this returns. Whether anybody took it. */
  hear(text: string): boolean {
    const stanza = parse(text);
    const { from, to } = stanza.attrs as { from: string; to: string };
    return this.#handlers[stanza.name as "message" | "presence"].some((h) => h(stanza, toJid(from)!, toJid(to)!));
  }

  /** An iq comes in; its answer. */
  async ask(text: string): Promise<Element> {
    return (await this.receive(text)) as Element;
  }

  /** What went out since the last time. */
  texts(): string[] {
    return this.take().map((stanza) => stanza.toString());
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
  async standIn({ owner, person }: StandIn, on: boolean): Promise<void> {
    this.standings.push(`${owner} ${on ? "+" : "-"}${person}`);
  }
  async standing(jid: Jid, change: object): Promise<void> {
    this.standings.push(`${jid} ${JSON.stringify(change)}`);
  }
}

/** Contacts in memory, and who of them is awaited. */
export class Contacts implements Pick<Index, "contact" | "contacts" | "standIns"> {
  readonly awaited = new Set<string>();
  readonly #rows = new Map<BareJid, Contact>();
  isDown = false;

  add(jid: string, flags: Partial<Contact> = {}): void {
    this.#rows.set(bare(jid), {
      jid: bare(jid),
      standing: "met",
      followed: false,
      follows: false,
      language: "",
      since: 0,
      ...flags,
    });
  }
  readonly seen: StandIn[] = [];
  async standIns(after: StandIn | undefined, limit: number): Promise<StandIn[]> {
    this.#check();
    return this.seen.slice(after ? this.seen.indexOf(after) + 1 : 0).slice(0, limit);
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
