/** Says things to people: messages of type chat (RFC 6121 §5). */
import type { FileFacts, ProgressLine, Speaker, Whereabouts } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { randomId } from "../lib/ids.js";
import { type BareJid, type Jid, bareOf, isFull } from "../lib/jid.js";
import type { Fates } from "./methods/fates.js";
import { fileMessage } from "./wire/file-message.js";
import { Line } from "./line.js";
import { type Element, type StanzaStream, xml } from "./stanza.js";
import * as receipts from "./wire/xep0184-receipts.js";
import * as correction from "./wire/xep0308-correction.js";

/** A client that has just logged in may take a while to read what waited for it (ms). */
const RECEIPT_TIME = 3000;

export interface SpeakerParts {
  readonly stream: StanzaStream;
  readonly whereabouts: Whereabouts;
  readonly fates: Fates;
  /** Speaks when no other address was addressed. */
  readonly contact: BareJid;
  readonly clock: Clock;
}

export class StreamSpeaker implements Speaker {
  constructor(private readonly parts: SpeakerParts) {}

  say(to: Jid, text: string, answering?: Jid, id = randomId()): Promise<void> {
    return this.#send(id, to, answering, bodyOf(text));
  }

  async introduce(to: BareJid, text: string): Promise<void> {
    const { fates, whereabouts } = this.parts;
    const id = randomId();
    const confirms = whereabouts.resources(to).some((resource) => resource.can(receipts.NS) === true);
    let forget = (): void => {};
    const there = new Promise<void>((resolve) => (forget = fates.watch(to, id, () => resolve(), RECEIPT_TIME)));
    try {
      await this.#send(id, to, undefined, bodyOf(text), ...(confirms ? [receipts.write({ type: "request" })] : []));
      if (confirms) await there;
    } catch {
      // The stream is down; what is to follow will say so.
    } finally {
      forget();
    }
  }

  async ask(to: Jid, text: string, bounced: (condition: string) => void): Promise<void> {
    const id = randomId();
    const forget = this.parts.fates.watch(bareOf(to), id, (fate) => {
      if (fate.type === "bounced") bounced(fate.condition);
    });
    try {
      await this.#send(id, to, undefined, bodyOf(text));
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
    const forget = this.parts.fates.watch(to, id, (fate) => {
      if (fate.type === "bounced") bounced();
    });
    try {
      await this.#send(id, to, as, bodyOf(text), ...replace);
    } catch (thrown) {
      forget();
      throw thrown;
    }
  }

  hand(to: Jid, url: string, file: FileFacts, answering?: Jid): Promise<void> {
    return this.#send(randomId(), to, answering, ...fileMessage(url, file));
  }

  progress(to: Jid, answering?: Jid): ProgressLine {
    return new Line(this.parts.clock, {
      say: (id, text, ...more) => this.#send(id, to, answering, bodyOf(text), ...more),
      corrects: () => this.#corrects(to),
    });
  }

  /** Whether all who would see a line replace it (XEP-0308 §2): a bare address reaches every client of its owner. */
  #corrects(to: Jid): boolean {
    const all = this.parts.whereabouts.resources(bareOf(to));
    const reached = isFull(to) ? all.filter(({ jid }) => jid === to) : all;
    return reached.length > 0 && reached.every((resource) => resource.can(correction.NS) === true);
  }

  #send(id: string, to: Jid, answering: Jid | undefined, ...children: Element[]): Promise<void> {
    return this.parts.stream.send(
      xml("message", { type: "chat", id, from: answering ?? this.parts.contact, to }, ...children),
    );
  }
}

function bodyOf(text: string): Element {
  return xml("body", {}, text);
}
