/**
 * XEP-0446 File metadata element, version 0.2.0. What is to be seen of pictures is only written: of others' we look ourselves. Left out: what only
 * sounds have, descriptions, and the date, of which we know nothing: what we keep is known by its hash.
 */
import { type Element, xml } from "../stanza.js";
import { count, every, field } from "./read.js";
import * as thumbnails from "./xep0264-thumbnails.js";
import * as hashes from "./xep0300-hashes.js";

export const NS = "urn:xmpp:file:metadata:0";

export interface Metadata {
  readonly name?: string;
  readonly mediaType?: string;
  /** Bytes. */
  readonly size?: number;
  /** Lower-case hex. */
  readonly sha256?: string;
  /** Of a picture, in pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly thumbnail?: thumbnails.Thumbnail | undefined;
}

export function read(element: Element): Metadata | undefined {
  return element.is("file", NS) ? readFields(element) : undefined;
}

/** The same fields from the same names in whatever namespace `<file/>` has: XEP-0234 describes files so, and XEP-0385 with it. */
export function readFields(file: Element): Metadata {
  const name = field(file, "name", 1024);
  // COMPAT: Dino up to 0.5 also says, and its first versions only say, <media_type/>.
  const mediaType = field(file, "media-type", 255) ?? field(file, "media_type", 255);
  const size = count(field(file, "size"));
  const [sha256] = every(file.getChildElements(), hashes.read);
  return {
    ...(name !== undefined && { name }),
    ...(mediaType !== undefined && { mediaType }),
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256 }),
  };
}

export function write(file: Metadata): Element {
  const { name, mediaType, size, sha256, width, height, thumbnail } = file;
  return xml(
    "file",
    { xmlns: NS },
    mediaType === undefined ? undefined : xml("media-type", {}, mediaType),
    name === undefined ? undefined : xml("name", {}, name),
    size === undefined ? undefined : xml("size", {}, String(size)),
    width === undefined ? undefined : xml("width", {}, String(width)),
    height === undefined ? undefined : xml("height", {}, String(height)),
    sha256 === undefined ? undefined : hashes.write(sha256),
    thumbnail && thumbnails.write(thumbnail),
  );
}
