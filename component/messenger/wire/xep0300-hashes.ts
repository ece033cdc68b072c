/** XEP-0300 Use of Cryptographic Hash Functions, version 1.0.0. Left out: `<hash-used/>` and every function but SHA-256, by which files are known here. */
import { type Element, xml } from "../stanza.js";
import { attribute } from "./read.js";

export const NS = "urn:xmpp:hashes:2";

/** A SHA-256 in lower-case hex, as the rest of Restante has it; undefined for another function, and for what is not 32 bytes of base64. */
export function read(element: Element): string | undefined {
  if (!element.is("hash", NS) || attribute(element, "algo")?.toLowerCase() !== "sha-256") return undefined;
  const text = element.getText().replace(/\s+/g, "");
  return /^[A-Za-z0-9+/]{43}=?$/.test(text) ? Buffer.from(text, "base64").toString("hex") : undefined;
}

export function write(sha256: string): Element {
  return xml("hash", { xmlns: NS, algo: "sha-256" }, Buffer.from(sha256, "hex").toString("base64"));
}
