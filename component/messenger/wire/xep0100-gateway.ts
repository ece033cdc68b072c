/**
 * XEP-0100 Gateway Interaction, version 1.0, §6.2: how a client finds the address here of somebody elsewhere.
 * Left out: everything else of it. Nobody registers here, and nothing is legacy.
 */
import { xml, type Element } from "../stanza.js";
import { field } from "./read.js";

export const NS_GATEWAY = "jabber:iq:gateway";

/** What people are asked for. `prompt`: the name of the field. */
export function buildPrompt(desc: string, prompt: string): Element {
  return xml("query", { xmlns: NS_GATEWAY }, xml("desc", {}, desc), xml("prompt", {}, prompt));
}

/** What they wrote; undefined when they wrote nothing. */
export function readPrompt(query: Element): string | undefined {
  return query.is("query", NS_GATEWAY) ? field(query, "prompt", 3071) : undefined;
}

export function buildAddress(jid: string): Element {
  return xml("query", { xmlns: NS_GATEWAY }, xml("jid", {}, jid));
}
