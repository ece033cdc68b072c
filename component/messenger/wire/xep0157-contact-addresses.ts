/** XEP-0157 (Contact Addresses for XMPP Services, 1.1): where to write about abuse, as a form in the domain's disco#info. */
import { form, type Form } from "./xep0030-disco.js";

/** `abuse`: mailto: or xmpp: URIs. */
export function contactAddresses(abuse: readonly string[]): Form {
  return form("http://jabber.org/network/serverinfo", [{ var: "abuse-addresses", type: "list-multi", values: abuse }]);
}
