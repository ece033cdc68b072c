/**
 * XEP-0033 Extended Stanza Addressing, version 1.2.1: for whom else a message is. Left out: presence; `node` and `desc`; where answers are
 * wanted ("replyto", "replyroom", "noreply", "ofrom"); sending the message itself on, because what is passed on here are files.
 */
import type { Element } from "../stanza.js";
import { attribute, every } from "./read.js";

export const NS = "http://jabber.org/protocol/address";

/** More are not read; nobody may name as many. */
export const MOST = 64;

/**
 * Whom the sender names, as he wrote them: addresses, or URIs of other kinds (§4.2), each once. Not those whom somebody has delivered it to already
 * (§4.5). Undefined when it names nobody.
 */
export function read(element: Element): readonly string[] | undefined {
  if (!element.is("addresses", NS)) return undefined;
  const named = every(element.getChildren("address", NS), readAddress);
  return named.length > 0 ? [...new Set(named)].slice(0, MOST) : undefined;
}

function readAddress(address: Element): string | undefined {
  const type = attribute(address, "type");
  const isFor = type === "to" || type === "cc" || type === "bcc";
  if (!isFor || attribute(address, "delivered") === "true") return undefined;
  return attribute(address, "jid") ?? attribute(address, "uri");
}
