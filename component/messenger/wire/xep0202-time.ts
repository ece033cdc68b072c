/** XEP-0202 (Entity Time, 2.0): always told in UTC; where the machine stands is nobody's business. */
import type { Instant } from "../../control/ports.js";
import { xml, type Element } from "../stanza.js";

export const NS_TIME = "urn:xmpp:time";

export function buildTime(now: Instant): Element {
  const utc = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  return xml("time", { xmlns: NS_TIME }, xml("tzo", {}, "+00:00"), xml("utc", {}, utc));
}
