/** XEP-0191 Blocking Command, version 1.3. Left out: pushes to other clients (§3.3, §3.5), which are for servers that filter stanzas. */
import { toJid, type Jid } from "../../lib/jid.js";
import { xml, type Element } from "../stanza.js";
import { attribute } from "./read.js";
import * as reports from "./xep0377-reports.js";

export const NS = "urn:xmpp:blocking";

/** Addresses of one command that are taken. */
const MOST_ITEMS = 100;

export interface Item {
  readonly who: Jid;
  /** XEP-0377. */
  readonly report?: reports.Report;
}

/** What a `<block/>` or `<unblock/>` names; undefined when one of them is no address, or they are too many. */
export function readItems(command: Element): Item[] | undefined {
  const items: Item[] = [];
  for (const element of command.getChildren("item", NS)) {
    const who = toJid(attribute(element, "jid") ?? "");
    if (!who || items.length >= MOST_ITEMS) return undefined;
    const report = element.getChildElements().map(reports.read).find(Boolean);
    items.push({ who, ...(report && { report }) });
  }
  return items;
}

export function buildList(jids: readonly string[]): Element {
  return xml("blocklist", { xmlns: NS }, ...jids.map((jid) => xml("item", { jid })));
}
