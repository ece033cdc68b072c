/** XEP-0054 (vcard-temp, 1.2): how the contact introduces itself. Left out: every field that a bot has no use for, and changing it. */
import { xml, type Element } from "../stanza.js";

export const NS_VCARD = "vcard-temp";

export interface Card {
  readonly name: string;
  readonly about: string;
  readonly jid: string;
  /** "" for none. */
  readonly url: string;
  /** PNG, base64. */
  readonly photo: string;
}

export function buildVCard(card: Card): Element {
  return xml(
    "vCard",
    { xmlns: NS_VCARD },
    xml("FN", {}, card.name),
    xml("NICKNAME", {}, card.name),
    card.url ? xml("URL", {}, card.url) : undefined,
    xml("JABBERID", {}, card.jid),
    xml("DESC", {}, card.about),
    xml("PHOTO", {}, xml("TYPE", {}, "image/png"), xml("BINVAL", {}, card.photo)),
  );
}
