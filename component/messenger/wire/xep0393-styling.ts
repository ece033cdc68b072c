/** XEP-0393 Message Styling, version 1.1.1 (§7): that words are to be shown as they stand. Left out: styles themselves. */
import { type Element, xml } from "../stanza.js";

export const NS = "urn:xmpp:styling:0";

/** `_final_.odt` is a name; without this, clients show it as _final_ in italics. */
export function write(): Element {
  return xml("unstyled", { xmlns: NS });
}
