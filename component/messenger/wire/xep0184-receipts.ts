/** XEP-0184 Message Delivery Receipts, version 1.4.0. */
import { type Element, xml } from "../stanza.js";
import { attribute } from "./read.js";

export const NS = "urn:xmpp:receipts";

/** `request`: tell me when it is there. `received`: the message with this id is. */
export type Receipt = { readonly type: "request" } | { readonly type: "received"; readonly id: string };

export function read(element: Element): Receipt | undefined {
  if (element.is("request", NS)) return { type: "request" };
  const id = element.is("received", NS) ? attribute(element, "id") : undefined;
  return id === undefined ? undefined : { type: "received", id };
}

export function write(receipt: Receipt): Element {
  return receipt.type === "request" ? xml("request", { xmlns: NS }) : xml("received", { xmlns: NS, id: receipt.id });
}
