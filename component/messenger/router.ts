/**
 * Who gets what comes in (RFC 6120 §8, §10). Each iq of type get or set is answered exactly once, from the very address that was
 * addressed; results and errors are never answered. iq handlers run side by side: one peer has only so many under way, and
 * when there are too many in all, nothing more is taken in until one has ended.
 * Left out: unwrapping carbons or forwarded stanzas. What a stanza claims to have come from is its `from`.
 */
import { Tongues } from "../control/people/tongues.js";
import { Counts } from "../lib/counts.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { type BareJid, bareOf, domainOf, type Jid, toJid } from "../lib/jid.js";
import type { Log } from "../lib/log.js";
import { say } from "../lib/said.js";
import {
  type Element,
  errorReply,
  type IqHandler,
  type IqRequest,
  type Router,
  type StanzaHandler,
  type StanzaStream,
  xml,
} from "./stanza.js";
import type { Receiver } from "./stream.js";

/** iq handlers under way: for one bare address, and in all. */
const OF_ONE = 192;
const AT_ONCE = 1024;

/** What the router asks of the stream besides sending. */
export interface Source extends Pick<StanzaStream, "domain" | "send"> {
  receive(receiver: Receiver): void;
  hold(): () => void;
}

export class StanzaRouter implements Router, Receiver {
  readonly #stream: Source;
  readonly #log: Log;
  readonly #tongues: Tongues;
  readonly #isRefused: (from: Jid) => boolean;
  readonly #iq = new Map<string, IqHandler>();
  readonly #message: StanzaHandler[] = [];
  readonly #presence: StanzaHandler[] = [];
  readonly #underWay = new Counts<BareJid>();
  #running = 0;
  #release: (() => void) | undefined;

  /**
   * `tongues`: is told in which language everybody speaks, and says in which they are refused.
   * `isRefused`: whose messages and presence are not listened to, and whose iqs are answered as where nobody is.
   */
  constructor(stream: Source, log: Log, tongues = new Tongues(), isRefused: (from: Jid) => boolean = () => false) {
    this.#isRefused = isRefused;
    this.#stream = stream;
    this.#log = log;
    this.#tongues = tongues;
    stream.receive(this);
  }

  iq(type: "get" | "set", namespace: string, name: string, handler: IqHandler): void {
    const key = `${type} ${namespace} ${name}`;
    if (this.#iq.has(key)) throw new TypeError(`two handlers for ${key}`);
    this.#iq.set(key, handler);
  }

  message(handler: StanzaHandler): void {
    this.#message.push(handler);
  }

  presence(handler: StanzaHandler): void {
    this.#presence.push(handler);
  }

  /** Takes a stanza; called by the stream. */
  stanza(stanza: Element): void {
    const { from, to } = this.#addresses(stanza);
    if (!from || !to) return;
    if (this.#isRefused(from)) return this.#turnAway(stanza);
    // An answer may be ours, given back.
    if (!isAnswer(stanza)) this.#tongues.heard(from, stanza.attrs["xml:lang"] as string | undefined);
    if (stanza.name === "iq") this.#request(stanza, from, to);
    else this.#offer(stanza.name === "presence" ? this.#presence : this.#message, stanza, from, to);
  }

  /** Takes the header of a stanza that was too large; called by the stream. */
  refused(header: Element): void {
    const { from, to } = this.#addresses(header);
    if (!from || !to || header.name === "presence" || isAnswer(header)) return;
    if (this.#isRefused(from)) return this.#turnAway(header);
    void this.#stream.send(errorReply(header, new Refusal("stanza-too-large"), this.#tongues.of(from)));
  }

  /** Nothing where one of them is no address, or it is not for us. */
  #addresses(stanza: Element): { from?: Jid | undefined; to?: Jid | undefined } {
    const attrs = stanza.attrs as Record<string, string | undefined>;
    const [from, to] = [toJid(attrs["from"] ?? ""), toJid(attrs["to"] ?? "")];
    if (from && to && domainOf(to) === this.#stream.domain) return { from, to };
    this.#log.debug({ from: attrs["from"], to: attrs["to"], stanza: stanza.name }, "not for us, or from nobody");
    return {};
  }

  /** RFC 6120 §8.2.3: an iq is answered all the same. */
  #turnAway(stanza: Element): void {
    if (stanza.name === "iq" && !isAnswer(stanza)) this.#refuse(stanza, new Refusal("no-such-service"));
  }

  /** A handler that fails does not keep the stanza from the others. */
  #offer(handlers: readonly StanzaHandler[], stanza: Element, from: Jid, to: Jid): void {
    for (const handler of handlers)
      try {
        if (handler(stanza, from, to)) return;
      } catch (err) {
        this.#log.error({ err, from, to, stanza: stanza.name }, "a handler failed");
      }
  }

  #request(stanza: Element, from: Jid, to: Jid): void {
    if (isAnswer(stanza)) return;
    const type: unknown = stanza.attrs["type"];
    const [payload, ...more] = stanza.getChildElements();
    // RFC 6120 §8.2.3: exactly one child element.
    if ((type !== "get" && type !== "set") || !payload || more.length > 0)
      return this.#refuse(stanza, new Refusal("not-understood"));
    const handler = this.#iq.get(`${type} ${payload.getNS()} ${payload.getName()}`);
    // §8.2.3 also: a payload that is not understood is service-unavailable.
    if (!handler) return this.#refuse(stanza, new Refusal("no-such-service"));
    const peer = bareOf(from);
    if (this.#underWay.of(peer) >= OF_ONE)
      return this.#refuse(stanza, new Refusal("too-many-requests", { wait: say("a-moment") }));
    this.#run(handler, { from, to, type, payload, stanza }, peer);
  }

  #run(handler: IqHandler, request: IqRequest, peer: BareJid): void {
    const { stanza } = request;
    let answer: ReturnType<IqHandler>;
    try {
      answer = handler(request);
    } catch (e) {
      return this.#refuse(stanza, e);
    }
    if (!(answer instanceof Promise)) return this.#answer(stanza, answer);
    this.#begin(peer);
    answer
      .then(
        (payload) => this.#answer(stanza, payload),
        (e: unknown) => this.#refuse(stanza, e),
      )
      .finally(() => this.#end(peer))
      .catch((err: unknown) => this.#log.error({ err }, "an answer could not be sent"));
  }

  #begin(peer: BareJid): void {
    this.#underWay.add(peer);
    if (++this.#running >= AT_ONCE) this.#release ??= this.#stream.hold();
  }

  #end(peer: BareJid): void {
    this.#underWay.drop(peer);
    if (--this.#running >= AT_ONCE) return;
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  #answer(stanza: Element, payload: Element | undefined): void {
    const { from, to, id } = stanza.attrs as Record<string, string | undefined>;
    void this.#stream.send(xml("iq", { type: "result", from: to, to: from, id }, payload));
  }

  #refuse(stanza: Element, thrown: unknown): void {
    const refusal = asRefusal(thrown);
    if (refusal.code === "internal") this.#log.error({ err: refusal.cause ?? refusal }, "an iq handler failed");
    const language = this.#tongues.of(stanza.attrs["from"] as Jid);
    void this.#stream.send(errorReply(stanza, refusal, language));
  }
}

/** What must not be answered, lest two answer each other for ever. */
function isAnswer({ attrs }: Element): boolean {
  return attrs["type"] === "error" || attrs["type"] === "result";
}
