/** XEP-0231 Bits of binary, version 1.1: small data by their hash. Left out: data in iq stanzas other than the answer, and reading what others offer. */
import { createHash } from "node:crypto";
import { type Element, xml } from "../stanza.js";
import { attribute } from "./read.js";

export const NS = "urn:xmpp:bob";
/** A day: what is known by its hash never changes (§2.4). */
const MAX_AGE = 86_400;

/** Its Content-ID (§2.5: SHA-1, for historical reasons). */
export function cidOf(bytes: Uint8Array): string {
  return `sha1+${createHash("sha1").update(bytes).digest("hex")}@bob.xmpp.org`;
}

/** Which one is asked for. */
export function read(data: Element): string | undefined {
  return data.is("data", NS) ? attribute(data, "cid", 255) : undefined;
}

export function write(cid: string, type: string, bytes: Uint8Array): Element {
  return xml("data", { xmlns: NS, cid, type, "max-age": MAX_AGE }, Buffer.from(bytes).toString("base64"));
}
