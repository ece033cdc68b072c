/** XEP-0334 Message Processing Hints, version 1.0.0. */
import { type Element, xml } from "../stanza.js";

export const NS = "urn:xmpp:hints";

const HINTS = ["no-permanent-store", "no-store", "no-copy", "store"] as const;
export type Hint = (typeof HINTS)[number];

export function read(element: Element): Hint | undefined {
  return HINTS.find((hint) => element.is(hint, NS));
}

export function write(hint: Hint): Element {
  return xml(hint, { xmlns: NS });
}
