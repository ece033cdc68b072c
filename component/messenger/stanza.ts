/** What every part of the messenger means by a stanza, and what they ask of the stream and of the router. */
import { type Element, createElement } from "ltx";
import { type ErrorCode, Refusal, type StanzaErrorType } from "../lib/errors.js";
import type { Jid } from "../lib/jid.js";
import { chooseLanguage, FALLBACK, type Language, render } from "../lib/languages/index.js";

export type { Element };

/** Of the conditions and texts of stanza errors (RFC 6120 §8.3). */
export const NS_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

/** `xml("message", { to }, xml("body", {}, "text"))`. Attributes and children that are undefined are left out. */
export function xml(
  name: string,
  attrs: Record<string, string | number | undefined> = {},
  ...children: (Element | string | undefined)[]
): Element {
  const given = Object.entries(attrs).filter(([, value]) => value !== undefined);
  return createElement(name, Object.fromEntries(given), ...children.filter((child) => child !== undefined));
}

/** An error stanza that a peer sent in reply (RFC 6120 §8.3). */
export class StanzaError extends Error {
  readonly condition: string;
  readonly type: string;
  constructor(condition: string, type: string, text = "") {
    super(text || condition);
    this.name = "StanzaError";
    this.condition = condition;
    this.type = type;
  }
}

/** What a XEP wants to be said in place of the table's row. */
export interface ProtocolError {
  readonly type: StanzaErrorType;
  readonly condition: string;
  /** The XEP's own condition, beside the general one (RFC 6120 §8.3.4). */
  readonly specific?: { readonly name: string; readonly xmlns: string };
  /** The same, where it has more to say than its name. */
  readonly payload?: Element;
}

/** A refusal whose stanza a XEP lays down; the sentence is still that of `code`. */
export class ProtocolRefusal extends Refusal {
  readonly error: ProtocolError;
  constructor(error: ProtocolError, code: ErrorCode, details: Refusal["details"] = {}) {
    super(code, details);
    this.error = error;
  }
}

/** The component's stream, as the rest of the messenger sees it. */
export interface StanzaStream {
  /** The component's own domain. */
  readonly domain: Jid;
  readonly online: boolean;
  /**
   * Puts a stanza on the wire, in order of the calls; settles when the socket has taken it (back-pressure). While the stream is down
   * it waits for it for a limited time and a limited number of stanzas, then rejects with Refusal "offline". `from` must be set.
   */
  send(stanza: Element): Promise<void>;
  /** As `send`; settles when the server has read it. Rejects with Refusal "offline" when that cannot be known: then it may have been read, too. */
  deliver(stanza: Element): Promise<void>;
  /**
   * Sends an iq of type get or set and answers the whole result stanza. The id is chosen here; the reply is matched by (from, id).
   * Rejects with {@link StanzaError}, or Refusal "offline" when the stream ends or nothing came within `timeout` ms (default 30,000).
   */
  request(iq: Element, options?: { timeout?: number; signal?: AbortSignal }): Promise<Element>;
}

/** An iq of type get or set that somebody sent us. */
export interface IqRequest {
  readonly from: Jid;
  readonly to: Jid;
  readonly type: "get" | "set";
  /** The iq's single child. */
  readonly payload: Element;
  readonly stanza: Element;
}

/** Answers with the payload of the result (undefined: an empty result). A {@link Refusal} that is thrown becomes its error stanza. */
export type IqHandler = (request: IqRequest) => Element | undefined | Promise<Element | undefined>;

/** Says true when the stanza was its business and nobody else shall see it. `from` and `to` are checked addresses. */
export type StanzaHandler = (stanza: Element, from: Jid, to: Jid) => boolean;

/** Who gets what comes in. Parts of the messenger register once, when they are built. */
export interface Router {
  iq(type: "get" | "set", namespace: string, name: string, handler: IqHandler): void;
  /** In order of registration. */
  message(handler: StanzaHandler): void;
  presence(handler: StanzaHandler): void;
}

/** Hears of each client that goes, and leaves it to the others, too. */
export function onGone(router: Pick<Router, "presence">, hear: (client: Jid) => void): void {
  router.presence((presence, from) => {
    if (presence.attrs["type"] === "unavailable") hear(from);
    return false;
  });
}

/**
 * The error stanza for a refusal: addresses swapped, id kept, RFC 6120 §8.3 payload with the sentence as its text. `language`: the peer's, where
 * more is known of it than what the stanza says.
 */
export function errorReply(stanza: Element, refusal: Refusal, language?: Language): Element {
  const { from, to, id, "xml:lang": tag } = stanza.attrs as Record<string, string | undefined>;
  const lang = language ?? chooseLanguage(tag) ?? FALLBACK;
  const error: ProtocolError = refusal instanceof ProtocolRefusal ? refusal.error : refusal.row;
  return xml(
    stanza.name,
    { type: "error", from: to, to: from, id },
    xml(
      "error",
      { type: error.type },
      xml(error.condition, { xmlns: NS_STANZAS }),
      xml("text", { xmlns: NS_STANZAS, "xml:lang": lang }, render(refusal.said, lang)),
      error.specific && xml(error.specific.name, { xmlns: error.specific.xmlns }),
      error.payload,
    ),
  );
}
