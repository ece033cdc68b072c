/**
 * XEP-0363 (HTTP File Upload, 1.2.0), the service's side: requests for slots, slots, and why not.
 * Left out: the headers of a slot; its URL is all that a client needs.
 */
import type { Slot, SlotRequest } from "../../control/ports.js";
import { type Element, xml } from "../stanza.js";
import { attribute, count } from "./read.js";
import { form, type Form } from "./xep0030-disco.js";

export const NS_UPLOAD = "urn:xmpp:http:upload:0";
const NS_PURPOSE = "urn:xmpp:http:upload:purpose:0";

/** §5: those of the purposes that make a difference here. */
export const PURPOSES: readonly string[] = [`${NS_PURPOSE}#message`, `${NS_PURPOSE}#ephemeral`];

/** §3: the largest file, in bytes, for disco#info. */
export function limitForm(most: number): Form {
  return form(NS_UPLOAD, [{ var: "max-file-size", values: [String(most)] }]);
}

/** §4, §5: what is asked for; undefined when it makes no sense. */
export function parseRequest(request: Element): SlotRequest | undefined {
  const name = attribute(request, "filename");
  const size = count(attribute(request, "size"));
  if (name === undefined || size === undefined) return undefined;
  const mediaType = attribute(request, "content-type", 255);
  const given = request.getChildElements().find((child) => child.getNS() === NS_PURPOSE);
  const purpose = given?.getName() ?? "message";
  const file = { name, size, purpose, ...(mediaType !== undefined && { mediaType }) };
  if (!given || purpose !== "ephemeral") return file;
  const until = Date.parse(attribute(given, "expire-before") ?? "");
  return Number.isNaN(until) ? undefined : { ...file, until };
}

export function buildSlot({ put, get }: Slot): Element {
  return xml("slot", { xmlns: NS_UPLOAD }, xml("put", { url: put }), xml("get", { url: get }));
}

/** §6: beside the error's condition. */
export function tooLarge(most: number): Element {
  return xml("file-too-large", { xmlns: NS_UPLOAD }, xml("max-file-size", {}, String(most)));
}

/** §6: from when on it is worth asking again (XEP-0082), in ms since the epoch. */
export function retry(at: number): Element {
  return xml("retry", { xmlns: NS_UPLOAD, stamp: new Date(at).toISOString().replace(/\.\d+/, "") });
}
