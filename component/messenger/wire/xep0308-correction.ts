/** XEP-0308 Last Message Correction, version 1.2.1. */
import { type Element, xml } from "../stanza.js";
import { attribute } from "./read.js";

export const NS = "urn:xmpp:message-correct:0";

/** The id of the message that is replaced: always the first one's, however often it is corrected (§4). */
export function read(element: Element): string | undefined {
  return element.is("replace", NS) ? attribute(element, "id") : undefined;
}

export function write(id: string): Element {
  return xml("replace", { xmlns: NS, id });
}
