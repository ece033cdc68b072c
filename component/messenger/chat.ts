/** What people say to us, on its way to the office: one thing after the other for each of them, side by side for all. */
import type { Message, Office } from "../control/ports.js";
import type { Tongues } from "../control/people/tongues.js";
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { randomId } from "../lib/ids.js";
import { type BareJid, type Jid, bareOf, domainOf, localOf } from "../lib/jid.js";
import type { Log } from "../lib/log.js";
import { say, type Said } from "../lib/said.js";
import { Turns } from "../lib/turns.js";
import { type ChatEvent, readMessage } from "./chat-event.js";
import type { Fates } from "./methods/fates.js";
import { Lately } from "./lately.js";
import { type Element, type Router, type StanzaStream, errorReply, xml } from "./stanza.js";
import * as receipts from "./wire/xep0184-receipts.js";

/** Messages that one person may have waiting for their turn, and everybody together. */
const MAX_EACH = 20;
const MAX_ALL = 5000;

/** What is no name, but words. */
const SCHEMES: Readonly<Record<string, Said>> = {
  "end to end": say("end-to-end"),
  "encrypted file": say("encrypted-file"),
};

/** What a person said, as against receipts, errors and noise. */
type Spoken = Extract<ChatEvent, { type: "links" | "announced" | "text" | "encrypted" }>;

export interface ChatParts {
  readonly router: Router;
  readonly stream: StanzaStream;
  readonly office: Office;
  readonly fates: Fates;
  /** Absent: refusals are in the language of what they refuse. */
  readonly tongues?: Tongues;
  readonly log: Log;
  readonly clock: Clock;
}

export class Chat {
  readonly #lately: Lately;
  readonly #turns: Turns<BareJid>;
  /** Who was told that it is too much and has not got a turn since. Each of them has something waiting, so it is bounded. */
  readonly #toldOff = new Set<BareJid>();
  #stopped = false;

  constructor(private readonly parts: ChatParts) {
    this.#lately = new Lately(parts.clock);
    this.#turns = new Turns(MAX_EACH, MAX_ALL, (err) => parts.log.error({ err }, "a message could not be handled"));
  }

  /** Begins to take what nobody before it has taken. */
  start(): void {
    this.parts.router.message((stanza, from, to) => this.#take(stanza, from, to));
  }

  /** Takes nothing more and resolves when what was taken is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#turns.idle();
  }

  #take(stanza: Element, from: Jid, to: Jid): boolean {
    const event = readMessage(stanza);
    switch (event.type) {
      case "ignored":
        return false;
      case "receipt":
        return this.parts.fates.reached(from, event.id);
      case "bounce":
        return this.parts.fates.bounced(from, event.id, event.condition);
      default:
        if (this.#isPerson(from)) this.#queue(stanza, from, to, event);
        return true;
    }
  }

  /** Servers talk without a localpart, and our own domain is ourselves: an answer to either could come back for ever. */
  #isPerson(from: Jid): boolean {
    return localOf(from) !== "" && domainOf(from) !== domainOf(this.parts.stream.domain);
  }

  #queue(stanza: Element, from: Jid, to: Jid, spoken: Spoken): void {
    const sender = bareOf(from);
    if (this.#stopped) return this.#refuse(stanza, from, new Refusal("stopping"));
    const taken = this.#turns.take(sender, async () => {
      await this.#handle(from, to, spoken);
      this.#toldOff.delete(sender);
    });
    if (taken || this.#toldOff.has(sender)) return;
    if (this.#turns.has(sender)) this.#toldOff.add(sender);
    this.#refuse(stanza, from, new Refusal("too-many-requests", { wait: say("a-moment") }));
  }

  async #handle(from: Jid, to: Jid, spoken: Spoken): Promise<void> {
    const { office, log } = this.parts;
    log.debug({ from: bareOf(from), what: spoken.type }, "said to us");
    if (spoken.type === "encrypted") await office.encrypted(from, to, SCHEMES[spoken.scheme] ?? spoken.scheme);
    else if (spoken.type === "announced") this.#lately.announce(talkOf(from, to), spoken.id ?? "", spoken.files);
    else {
      const fresh = this.#lately.fresh(talkOf(from, to), spoken);
      if (fresh?.type === "text") await office.text(from, to, fresh.text, fresh.also, messageOf(fresh));
      if (fresh?.type === "links" && !(await office.links(from, to, fresh.links, fresh.also, messageOf(fresh))))
        this.#lately.unsay(talkOf(from, to), fresh.links);
    }
    // Only now: a receipt from us says that it is on record, not that it came to a process which may die.
    if (spoken.wantsReceipt && spoken.id !== undefined) this.#confirm(from, to, spoken.id);
  }

  /**
   * XEP-0184 §8: a receipt tells that somebody is online. Ours tells only that Restante is, which everybody may know, and it is the
   * same for every address of ours, so that it tells nothing about the person whose name stands in one.
   */
  #confirm(to: Jid, from: Jid, id: string): void {
    this.#send(xml("message", { type: "chat", id: randomId(), from, to }, receipts.write({ type: "received", id })));
  }

  #refuse(stanza: Element, from: Jid, refusal: Refusal): void {
    this.#send(errorReply(stanza, refusal, this.parts.tongues?.of(from)));
  }

  #send(stanza: Element): void {
    // Lost with the stream, and not missed: neither may be what a message waits for.
    this.parts.stream.send(stanza).catch((err: unknown) => this.parts.log.debug({ err }, "an answer was lost"));
  }
}

/** What somebody says to one of our addresses is nothing to another. */
function talkOf(from: Jid, to: Jid): string {
  return `${bareOf(from)} ${bareOf(to)}`;
}

function messageOf(said: Extract<ChatEvent, { type: "links" | "text" }>): Message {
  const { id, corrects } = said;
  return {
    ...(id !== undefined && { id }),
    ...(corrects !== undefined && { corrects }),
    ...(said.isCut && { isCut: true }),
    ...(said.type === "links" && said.beside !== undefined && { beside: said.beside }),
  };
}
