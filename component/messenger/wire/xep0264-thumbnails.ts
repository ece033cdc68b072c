/** XEP-0264 Jingle content thumbnails, version 0.4.2, by bits of binary (XEP-0231); and as it was before 0.2. Only written. */
import { type Element, xml } from "../stanza.js";

export const NS = "urn:xmpp:thumbs:1";
const NS_OLD = "urn:xmpp:thumbs:0";

export interface Thumbnail {
  /** Where its bytes are had: a Content-ID (XEP-0231). */
  readonly cid: string;
  readonly mediaType: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

export function write({ cid, mediaType, width, height }: Thumbnail): Element {
  return xml("thumbnail", { xmlns: NS, uri: `cid:${cid}`, "media-type": mediaType, width, height });
}

/** COMPAT: Psi up to 1.5, which still has it in stream initiations; newer ones get Jingle. */
export function writeOld({ cid, mediaType, width, height }: Thumbnail): Element {
  return xml("thumbnail", { xmlns: NS_OLD, cid, "mime-type": mediaType, width, height });
}
