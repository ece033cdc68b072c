/** RFC 6121 §3, §4.7: presence stanzas. Left out: several `<status/>` by language. */
import type { Resource } from "../../control/ports.js";
import type { Jid } from "../../lib/jid.js";
import { xml, type Element } from "../stanza.js";
import { parseCaps, type CapsClaim } from "./xep0115-caps.js";

export type Show = Resource["show"];

/** What a client says of itself when it is available. */
export interface Availability {
  readonly show: Show;
  readonly priority: number;
  readonly caps: CapsClaim | undefined;
}

// The constants are what is kept of a text that would otherwise hold on to the stanza that it is cut from.
const SHOWS = new Map<string, Show>((["chat", "away", "xa", "dnd"] as const).map((show) => [show, show]));

/** An unknown show, and a priority that is no integer from -128 to 127, count as not given (§4.7.2). */
export function parseAvailability(presence: Element): Availability {
  const priority = presence.getChildText("priority")?.trim() ?? "";
  const value = /^[+-]?\d{1,3}$/.test(priority) ? Number(priority) : 0;
  return {
    show: SHOWS.get(presence.getChildText("show")?.trim() ?? "") ?? "",
    priority: value >= -128 && value <= 127 ? value : 0,
    caps: parseCaps(presence),
  };
}

/** A presence without content: a subscription's word (§3), a probe (§4.3), or the end of availability (§4.5). */
export function presence(
  type: "subscribe" | "subscribed" | "unsubscribed" | "probe" | "unavailable",
  from: Jid,
  to: Jid,
): Element {
  return xml("presence", { type, from, to });
}

/** §4.2. `language`: of the status (xml:lang). `payload`: what extensions say beside it. */
export function available(
  from: Jid,
  to: Jid,
  { text, language }: { readonly text: string; readonly language: string },
  ...payload: Element[]
): Element {
  const status = xml("status", {}, text);
  return xml("presence", { from, to, "xml:lang": language }, status, xml("priority", {}, "0"), ...payload);
}
