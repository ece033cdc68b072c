/**
 * XEP-0380 Explicit Message Encryption, version 0.4.0, and the payloads of those encryptions that it names. Only read, and only
 * as far as to tell people what we cannot read. Left out: `name` of `<encryption/>`, a stranger's word for something unknown.
 */
import type { Element } from "../stanza.js";
import { attribute } from "./read.js";

export const NS = "urn:xmpp:eme:0";

/** `scheme`: a name for people. `empty`: it carries keys and no message, so that nobody waits for an answer. */
export interface Encryption {
  readonly scheme: string;
  readonly empty: boolean;
}

const SCHEMES: Readonly<Record<string, string>> = {
  "eu.siacs.conversations.axolotl": "OMEMO",
  "urn:xmpp:omemo:1": "OMEMO",
  "urn:xmpp:omemo:2": "OMEMO",
  "urn:xmpp:openpgp:0": "OpenPGP",
  "jabber:x:encrypted": "OpenPGP",
  "urn:xmpp:otr:0": "OTR",
};
const PAYLOADS: Readonly<Record<string, string>> = { encrypted: "OMEMO", openpgp: "OpenPGP", x: "OpenPGP" };

export function read(element: Element): Encryption | undefined {
  if (element.is("encryption", NS)) {
    const namespace = attribute(element, "namespace") ?? "";
    return { scheme: (Object.hasOwn(SCHEMES, namespace) && SCHEMES[namespace]) || "end to end", empty: false };
  }
  const namespace = element.getNS() ?? "";
  const scheme = Object.hasOwn(SCHEMES, namespace) ? SCHEMES[namespace] : undefined;
  if (scheme === undefined || PAYLOADS[element.getName()] !== scheme) return undefined;
  return { scheme, empty: scheme === "OMEMO" && !element.getChild("payload", namespace) };
}

/** What `?OTR` at the head of a body means: a message or an offer of OTR (XEP-0364 §3), or an error, which is never answered. */
export function readOtr(body: string): "OTR" | "error" | undefined {
  if (/^\?OTR ?Error/i.test(body)) return "error";
  return /^\?OTR(?:[:,|?]|v\d*\?)/.test(body) ? "OTR" : undefined;
}
