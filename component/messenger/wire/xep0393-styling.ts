/** XEP-0393 Message Styling, version 1.1.1 (§7): that words are to be shown as they stand. Left out: styles themselves. */
import { type Element, xml } from "../stanza.js";

export const NS = "urn:xmpp:styling:0";

/** A body that is shown as it stands. `_final_.odt` is a name; clients would show it as final in italics. */
export function plainBody(text: string): Element[] {
  return [xml("body", {}, text), xml("unstyled", { xmlns: NS })];
}
