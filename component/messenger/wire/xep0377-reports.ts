/**
 * XEP-0377 Blocking Command Reports, version 0.4.1 (`urn:xmpp:reporting:1`), and what older clients send (`:0`, where the reason is an element).
 * Left out: `<stanza-id/>`, since we keep no messages; `<report-origin/>` and `<third-party/>`, since nothing is passed on to others.
 */
import { xml, type Element } from "../stanza.js";
import { attribute, field } from "./read.js";

export const NS = "urn:xmpp:reporting:1";
const OLD = "urn:xmpp:reporting:0";

export interface Report {
  /** "urn:xmpp:reporting:spam", "urn:xmpp:reporting:abuse", or another URN. */
  readonly reason: string;
  /** In the reporter's words; "" for none. */
  readonly text: string;
}

/** One without a reason is none (§4: it MUST have one). */
export function read(element: Element): Report | undefined {
  const reason = element.is("report", NS) ? attribute(element, "reason", 255) : reasonOfOld(element);
  return reason === undefined ? undefined : { reason, text: field(element, "text") ?? "" };
}

export function write({ reason, text }: Report): Element {
  return xml("report", { xmlns: NS, reason }, text === "" ? undefined : xml("text", {}, text));
}

function reasonOfOld(element: Element): string | undefined {
  if (!element.is("report", OLD)) return undefined;
  const reason = ["spam", "abuse"].find((name) => element.getChild(name, OLD));
  return reason && `urn:xmpp:reporting:${reason}`;
}
