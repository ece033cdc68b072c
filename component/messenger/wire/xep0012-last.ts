/** XEP-0012 (Last Activity, 2.0). */
import { xml, type Element } from "../stanza.js";

export const NS_LAST = "jabber:iq:last";

/** `ms`: uptime of a service (§5), or how long somebody who is online has been idle (§4). Told in whole seconds. */
export function buildLast(ms: number): Element {
  return xml("query", { xmlns: NS_LAST, seconds: Math.floor(ms / 1000) });
}
