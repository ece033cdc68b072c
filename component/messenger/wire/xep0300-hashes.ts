/** XEP-0300 Use of Cryptographic Hash Functions, version 1.0.0. Left out: every function but SHA-256, by which files are known here. */
import { type Element, xml } from "../stanza.js";
import { attribute } from "./read.js";

export const NS = "urn:xmpp:hashes:2";

/** A SHA-256 in lower-case hex, as the rest of Restante has it; undefined for another function, and for what is not 32 bytes of base64. */
export function read(element: Element): string | undefined {
  if (!element.is("hash", NS) || !isSha256(element)) return undefined;
  const text = element.getText().replace(/\s+/g, "");
  return /^[A-Za-z0-9+/]{43}=?$/.test(text) ? Buffer.from(text, "base64").toString("hex") : undefined;
}

export function write(sha256: string): Element {
  return xml("hash", { xmlns: NS, algo: "sha-256" }, Buffer.from(sha256, "hex").toString("base64"));
}

/** Whether it announces a SHA-256 without saying it: `<hash-used/>`, or an empty `<hash/>` as before version 0.6. */
export function isAnnounced(element: Element): boolean {
  const empty = element.is("hash", NS) && element.getText().trim() === "";
  return (empty || element.is("hash-used", NS)) && isSha256(element);
}

export function writeAnnounced(): Element {
  return xml("hash-used", { xmlns: NS, algo: "sha-256" });
}

function isSha256(element: Element): boolean {
  return attribute(element, "algo")?.toLowerCase() === "sha-256";
}
