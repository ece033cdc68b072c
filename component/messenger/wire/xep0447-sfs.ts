/**
 * XEP-0447 Stateless file sharing, version 0.3.1, with `<url-data/>` sources (XEP-0103) and sources that follow in a message
 * of their own (`<attach-to/>`, XEP-0367). Left out: sources by Jingle. Those of XEP-0448, encrypted, are seen and not read.
 */
import { type Element, xml } from "../stanza.js";
import { attribute, every } from "./read.js";
import * as metadata from "./xep0446-metadata.js";

export const NS = "urn:xmpp:sfs:0";
const NS_URL_DATA = "http://jabber.org/protocol/url-data";
const NS_ENCRYPTED = "urn:xmpp:esfs:0";
const NS_ATTACHING = "urn:xmpp:message-attaching:1";

export interface FileShare {
  /** Tells the files of one message apart. */
  readonly id?: string;
  /** "attachment": not to be fetched unasked; "inline": to be shown. */
  readonly disposition?: "attachment" | "inline";
  readonly file: metadata.Metadata;
  /** Where it can be had; empty: the sources follow, or none of them can be read. */
  readonly urls: readonly string[];
  /** Whether it can be had encrypted (XEP-0448). */
  readonly encrypted: boolean;
}

export function read(element: Element): FileShare | undefined {
  if (!element.is("file-sharing", NS)) return undefined;
  const [file] = every(element.getChildElements(), metadata.read);
  const id = attribute(element, "id");
  const disposition = attribute(element, "disposition");
  const sources = element.getChild("sources", NS);
  return {
    ...(id !== undefined && { id }),
    ...((disposition === "attachment" || disposition === "inline") && { disposition }),
    file: file ?? {},
    urls: sources ? readUrls(sources) : [],
    encrypted: sources?.getChild("encrypted", NS_ENCRYPTED) !== undefined,
  };
}

/** Of a share that others shall read: `encrypted` is not written. */
export function write(share: FileShare): Element {
  const sources = share.urls.map((target) => xml("url-data", { xmlns: NS_URL_DATA, target }));
  return xml(
    "file-sharing",
    { xmlns: NS, id: share.id, disposition: share.disposition },
    metadata.write(share.file),
    sources.length === 0 ? undefined : xml("sources", {}, ...sources),
  );
}

/** Sources for a file of an earlier message. */
export interface LateSources {
  /** The earlier message's id. */
  readonly message: string;
  /** Which of its files; absent when it had only one. */
  readonly id?: string;
  readonly urls: readonly string[];
}

/** Of a whole message, because `<attach-to/>` and `<sources/>` stand side by side in it. */
export function readLateSources(message: Element): LateSources[] {
  const attachTo = message.getChild("attach-to", NS_ATTACHING);
  const earlier = attachTo && attribute(attachTo, "id");
  if (earlier === undefined) return [];
  return message.getChildren("sources", NS).map((sources) => {
    const id = attribute(sources, "id");
    return { message: earlier, ...(id !== undefined && { id }), urls: readUrls(sources) };
  });
}

function readUrls(sources: Element): string[] {
  return every(sources.getChildren("url-data", NS_URL_DATA), (data) => attribute(data, "target"));
}
