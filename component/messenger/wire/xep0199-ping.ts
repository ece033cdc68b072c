/** XEP-0199 (XMPP Ping, 2.0): the answer is an empty result. */
import { xml, type Element } from "../stanza.js";

export const NS_PING = "urn:xmpp:ping";

/** A component's ping to itself: it goes to the server and comes back. */
export function pingToItself(domain: string, id: string): Element {
  return xml("iq", { type: "get", from: domain, to: domain, id }, xml("ping", { xmlns: NS_PING }));
}
