/** Says things to people: messages of type chat (RFC 6121 §5). */
import type { FileFacts, Picture, ProgressLine, Speaker, Whereabouts } from "../control/ports.js";
import type { Tongues } from "../control/people/tongues.js";
import type { Clock } from "../lib/clock.js";
import { randomId } from "../lib/ids.js";
import { type BareJid, type Jid, bareOf, isFull } from "../lib/jid.js";
import { type Language, render } from "../lib/languages/index.js";
import type { Said } from "../lib/said.js";
import type { Fate, Fates } from "./methods/fates.js";
import { fileMessage } from "./wire/file-message.js";
import { Line } from "./line.js";
import { type Element, type StanzaStream, xml } from "./stanza.js";
import * as receipts from "./wire/xep0184-receipts.js";
import * as correction from "./wire/xep0308-correction.js";
import { plainBody } from "./wire/xep0393-styling.js";

/** A client that has just logged in may take a while to read what waited for it (ms). */
const RECEIPT_TIME = 3000;

export interface SpeakerParts {
  readonly stream: StanzaStream;
  readonly whereabouts: Whereabouts;
  readonly fates: Fates;
  /** Speaks when no other address was addressed. */
  readonly contact: BareJid;
  readonly tongues: Tongues;
  readonly clock: Clock;
}

export class StreamSpeaker implements Speaker {
  constructor(private readonly parts: SpeakerParts) {}

  say(to: Jid, said: Said, answering?: Jid): Promise<void> {
    return this.#say(randomId(), to, answering, said);
  }

  tell(to: Jid, said: Said, answering: Jid | undefined, id: string, corrects?: string): Promise<void> {
    const replace = corrects === undefined ? [] : [correction.write(corrects)];
    return this.parts.stream.deliver(this.#words(id, to, answering, said, ...replace));
  }

  async introduce(to: BareJid, said: Said): Promise<void> {
    const { fates, whereabouts } = this.parts;
    const id = randomId();
    const confirms = whereabouts.resources(to).some((resource) => resource.can(receipts.NS) === true);
    let forget = (): void => {};
    const there = new Promise<void>((resolve) => (forget = fates.watch(to, id, () => resolve(), RECEIPT_TIME)));
    try {
      await this.#say(id, to, undefined, said, ...(confirms ? [receipts.write({ type: "request" })] : []));
      if (confirms) await there;
    } catch {
      // The stream is down; what is to follow will say so.
    } finally {
      forget();
    }
  }

  async ask(to: Jid, said: Said, bounced: (condition: string) => void): Promise<void> {
    const id = randomId();
    const forget = this.parts.fates.watch(bareOf(to), id, (fate) => {
      if (fate.type === "bounced") bounced(fate.condition);
    });
    try {
      await this.#say(id, to, undefined, said);
    } catch (thrown) {
      forget();
      throw thrown;
    }
  }

  async pass(
    to: BareJid,
    text: string,
    as: BareJid,
    { id, corrects }: { id: string; corrects?: string },
    bounced: () => void,
  ): Promise<void> {
    const replace = corrects === undefined ? [] : [correction.write(corrects)];
    const tell = (fate: Fate): void => {
      if (fate.type === "bounced") bounced();
    };
    const forget = this.parts.fates.watch(to, id, tell, undefined, text.length);
    try {
      await this.parts.stream.send(this.#message(id, to, as, undefined, xml("body", {}, text), ...replace));
    } catch (thrown) {
      forget();
      throw thrown;
    }
  }

  hand(to: Jid, url: string, file: FileFacts, answering?: Jid, picture?: Picture): Promise<void> {
    return this.parts.stream.send(
      this.#message(randomId(), to, answering, undefined, ...fileMessage(url, file, picture)),
    );
  }

  progress(to: Jid, answering?: Jid): ProgressLine {
    return new Line(this.parts.clock, {
      say: (id, said, ...more) => this.#say(id, to, answering, said, ...more),
      corrects: () => this.corrects(to),
    });
  }

  /** Whether all who would see a line replace it (XEP-0308 §2): a bare address reaches every client of its owner. */
  corrects(to: Jid): boolean {
    const all = this.parts.whereabouts.resources(bareOf(to));
    const reached = isFull(to) ? all.filter(({ jid }) => jid === to) : all;
    return reached.length > 0 && reached.every((resource) => resource.can(correction.NS) === true);
  }

  #say(id: string, to: Jid, answering: Jid | undefined, said: Said, ...more: Element[]): Promise<void> {
    return this.parts.stream.send(this.#words(id, to, answering, said, ...more));
  }

  /** In the language of whoever gets it. */
  #words(id: string, to: Jid, answering: Jid | undefined, said: Said, ...more: Element[]): Element {
    const language = this.parts.tongues.of(to);
    return this.#message(id, to, answering, language, ...plainBody(render(said, language)), ...more);
  }

  #message(
    id: string,
    to: Jid,
    answering: Jid | undefined,
    language: Language | undefined,
    ...children: Element[]
  ): Element {
    const from = answering ?? this.parts.contact;
    return xml("message", { type: "chat", id, from, to, "xml:lang": language }, ...children);
  }
}
