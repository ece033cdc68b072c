/**
 * The server's bytes → stanzas. XML as RFC 6120 §11 allows it and no more: well-formed UTF-8, no comments, no processing
 * instructions, no DOCTYPE, no entities but the five. saxes judges the markup; this file builds the elements and keeps the limits.
 *
 * A stanza beyond a limit is read over without being kept, and its header is handed up so that its sender gets an answer: one
 * peer's giant must not end the stream for all. Beyond {@link HARD} times the size nothing but the stream's end is left.
 * Left out: that prefixes are bound (nobody here looks a name up by an unbound one).
 */
import { EventEmitter } from "node:events";
import { type SaxesTagPlain, SaxesParser } from "saxes";
import { Element } from "ltx";
import { detached } from "../lib/text.js";
import { Utf8 } from "./utf8.js";

/** What one stanza may be. */
export interface StanzaLimits {
  /** Characters, markup included. */
  readonly size: number;
  /** Elements within each other, the stanza itself being 1. */
  readonly depth: number;
  /** Attributes of one element. */
  readonly attributes: number;
  /** Elements in all. */
  readonly elements: number;
}

export const STANZA_LIMITS: StanzaLimits = { size: 2 ** 20, depth: 64, attributes: 64, elements: 10_000 };

const HARD = 4;
/** Text shorter than this is not worth a detour. */
const LONG = 512;

/** What the server sent is no XMPP; the stream must end with this condition (RFC 6120 §4.9.3). */
export class XmlError extends Error {
  readonly condition: string;
  constructor(condition: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "XmlError";
    this.condition = condition;
  }
}

/**
 * Emits `start` (the stream's header), `element` (a stanza or other child of the stream, and its size in characters),
 * `refused` (the header of one beyond the limits, without its children) and `end`. After an {@link XmlError} it is of no more use.
 */
export class StreamParser extends EventEmitter {
  readonly #limits: StanzaLimits;
  // 1.1 would allow control characters
  readonly #sax = new SaxesParser({ xmlns: false, position: false, defaultXMLVersion: "1.0", forceXMLVersion: true } as const); // prettier-ignore
  readonly #utf8 = new Utf8();

  #root: Element | undefined;
  /** The stanza that is being read, and the element in it; undefined between stanzas. */
  #stanza: Element | undefined;
  #cursor: Element | undefined;
  /** Read to its end but not yet handed up: saxes checks the name in a closing tag only after it has told us of it. */
  #ready: Element | undefined;
  #readySize = 0;
  #depth = 0; // the stream's root is 1
  #elements = 0;
  #excess = false;

  /** Characters given to saxes, and those that went past it. */
  #given = 0;
  #past = 0;
  /** Where the last tag ended, and where the last stanza did. */
  #tagEnd = -1;
  #stanzaEnd = 0;

  constructor(limits: StanzaLimits = STANZA_LIMITS) {
    super();
    this.#limits = limits;
    // Seven listeners and no more: with the eighth V8 makes a hash table of saxes' fields, and reading takes five times as long.
    this.#sax.on("opentag", (tag) => this.#open(tag));
    this.#sax.on("closetag", () => this.#close());
    this.#sax.on("text", (text) => this.#text(text));
    this.#sax.on("cdata", (text) => this.#text(text));
    const restricted = (): never => {
      throw new XmlError("restricted-xml", "comment, processing instruction or DOCTYPE");
    };
    this.#sax.on("comment", restricted);
    this.#sax.on("processinginstruction", restricted);
    this.#sax.on("doctype", restricted);
  }

  /** Takes bytes, cut anywhere. Throws {@link XmlError}. Listeners must not throw. */
  write(bytes: Uint8Array): void {
    let text: string;
    try {
      text = this.#utf8.decode(bytes);
    } catch (e) {
      throw new XmlError("bad-format", "not UTF-8", { cause: e });
    }
    let at = 0;
    while (at < text.length) {
      if (this.#inText()) {
        const end = text.indexOf("<", at);
        const run = text.slice(at, end < 0 ? text.length : end);
        if (run !== "" && this.#utf8.isPlain(run)) {
          this.#past += run.length;
          this.#tagEnd += run.length;
          this.#text(run);
          this.#checkSize();
          at += run.length;
          continue;
        }
      }
      const end = longTextAfter(text, at);
      this.#judge(at === 0 && end === text.length ? text : text.slice(at, end));
      at = end;
    }
  }

  /** Whether the last character closed a tag, or was plain text behind one: then text may go past saxes, ten times as fast. */
  #inText(): boolean {
    return this.#tagEnd === this.#given + this.#past;
  }

  #judge(markup: string): void {
    try {
      this.#sax.write(markup);
    } catch (e) {
      throw e instanceof XmlError ? e : new XmlError("not-well-formed", (e as Error).message, { cause: e });
    }
    this.#given += markup.length;
    // saxes would wait for the semicolon of a bare ampersand, and swallow what comes until then.
    if (!/^#?\w{0,9}$/.test(this.#sax["entity"] as string)) throw new XmlError("not-well-formed", "a bare ampersand");
    this.#handUp();
    this.#checkSize();
  }

  #open(tag: SaxesTagPlain): void {
    this.#handUp();
    this.#tagEnd = this.#sax.position + this.#past;
    this.#depth++;
    if (this.#excess) return;
    const element = new Element(tag.name);
    let attributes = 0;
    for (const name in tag.attributes) {
      element.attrs[name] = own(tag.attributes[name]!);
      attributes++;
    }
    if (this.#depth === 1) {
      this.#root = element;
      this.emit("start", element);
      return;
    }
    if (this.#depth === 2) {
      element.parent = this.#root ?? null;
      this.#stanza = element;
      this.#elements = 0;
    } else {
      element.parent = this.#cursor!;
      this.#cursor!.children.push(element);
    }
    this.#cursor = element;
    const { depth, attributes: most, elements } = this.#limits;
    if (this.#depth > depth + 1 || attributes > most || ++this.#elements > elements) this.#exceed();
  }

  #close(): void {
    this.#handUp();
    this.#tagEnd = this.#sax.position + this.#past;
    this.#depth--;
    if (this.#depth === 1) {
      this.#readySize = this.#tagEnd - this.#stanzaEnd;
      if (this.#readySize > this.#limits.size) this.#exceed();
      this.#stanzaEnd = this.#tagEnd;
      this.#ready = this.#stanza;
      this.#stanza = this.#cursor = undefined;
    } else if (this.#depth === 0) this.emit("end", this.#root);
    else if (!this.#excess) this.#cursor = this.#cursor!.parent!;
  }

  #text(text: string): void {
    if (this.#stanza) {
      if (!this.#excess) this.#cursor!.children.push(own(text));
    } else if (text.trim() !== "") throw new XmlError("bad-format", "text between stanzas");
  }

  #handUp(): void {
    const stanza = this.#ready;
    if (!stanza) return;
    this.#ready = undefined;
    const refused = this.#excess;
    this.#excess = false;
    this.emit(refused ? "refused" : "element", stanza, this.#readySize);
  }

  #checkSize(): void {
    const total = this.#given + this.#past;
    if (!this.#stanza && this.#inText()) this.#stanzaEnd = total;
    const size = total - this.#stanzaEnd;
    if (size > HARD * this.#limits.size) throw new XmlError("policy-violation", "stanza too large");
    if (size > this.#limits.size && this.#stanza && !this.#excess) this.#exceed();
  }

  /** From here to its end the stanza is read over: only its header stays. */
  #exceed(): void {
    this.#excess = true;
    this.#stanza!.children = [];
    this.#cursor = undefined;
  }
}

/** Shorter pieces of a read V8 copies by itself; longer ones are a good part of it, and nothing that is remembered. */
const VIEW = 13;
const PIECE = 4096;

/**
 * As a string of its own: what is remembered of a stanza would keep its whole read in memory, 64 KiB for one name, and who sends many of them
 * would fill it with what nobody wanted to keep.
 */
function own(text: string): string {
  return text.length < VIEW || text.length > PIECE ? text : detached(text);
}

/** Where to cut so that the next piece begins with a long text: behind the tag before it; the text's length when there is none. */
function longTextAfter(text: string, from: number): number {
  if (text.length - from <= LONG) return text.length;
  for (let open = text.indexOf("<", from); open >= 0;) {
    const close = text.indexOf(">", open);
    if (close < 0) break;
    open = text.indexOf("<", close);
    if ((open < 0 ? text.length : open) - close > LONG) return close + 1;
  }
  return text.length;
}
