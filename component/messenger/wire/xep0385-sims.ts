/**
 * XEP-0385 Stateless Inline Media Sharing, version 0.2.1, in its XEP-0372 reference. Only read: XEP-0447 came after it, and every
 * client that knows SIMS takes a plain link too. Left out: sources that are not URLs of a web server.
 */
import type { Element } from "../stanza.js";
import { attribute, every } from "./read.js";
import { type Metadata, readFields } from "./xep0446-metadata.js";

export const NS = "urn:xmpp:sims:1";
const NS_REFERENCE = "urn:xmpp:reference:0";
/** COMPAT: Movim says :4. */
const NS_FILE = /^urn:xmpp:jingle:apps:file-transfer:[345]$/;

export interface SharedMedia {
  readonly file: Metadata;
  readonly urls: readonly string[];
}

/** Of the `<reference/>` in which it comes; undefined for one to anything else (a mention). */
export function read(element: Element): SharedMedia | undefined {
  const media = element.is("reference", NS_REFERENCE) ? element.getChild("media-sharing", NS) : undefined;
  if (!media) return undefined;
  const file = media.getChildren("file").find((child) => NS_FILE.test(child.getNS() ?? ""));
  const references = media.getChild("sources", NS)?.getChildren("reference", NS_REFERENCE) ?? [];
  const urls = every(references, (reference) => attribute(reference, "uri"));
  return { file: file ? readFields(file) : {}, urls: urls.filter((url) => /^https?:/i.test(url)) };
}
