/** XEP-0092 (Software Version, 1.1). Left out: `<os/>`, which is nobody's business. */
import { xml, type Element } from "../stanza.js";

export const NS_VERSION = "jabber:iq:version";

export function buildVersion(name: string, version: string): Element {
  return xml("query", { xmlns: NS_VERSION }, xml("name", {}, name), xml("version", {}, version));
}
