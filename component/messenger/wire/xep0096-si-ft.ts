/** XEP-0096 SI File Transfer, version 1.3.1: the profile. One shape for the offer and for its answer, which has nothing but a range. */
import { type Element, xml } from "../stanza.js";
import { attribute, count, field } from "./read.js";
import * as thumbnails from "./xep0264-thumbnails.js";

export const NS = "http://jabber.org/protocol/si/profile/file-transfer";

/** Of nothing. */
const EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e";

/** Bytes. In an offer empty: the sender can begin in the middle. */
export interface Range {
  readonly offset?: number;
  readonly length?: number;
}

export interface File {
  readonly name?: string;
  readonly size?: number;
  /** Lower-case hex. */
  readonly md5?: string;
  /** XEP-0082, as it was written. */
  readonly date?: string;
  readonly description?: string;
  readonly range?: Range;
  /** Only written. */
  readonly thumbnail?: thumbnails.Thumbnail | undefined;
}

export function read(element: Element): File | undefined {
  if (!element.is("file", NS)) return undefined;
  const name = attribute(element, "name", 1024);
  const md5 = attribute(element, "hash")?.toLowerCase();
  // COMPAT: QXmpp leaves out the size of what is empty.
  const size = count(attribute(element, "size")) ?? (md5 === EMPTY_MD5 ? 0 : undefined);
  const date = attribute(element, "date", 64);
  const description = field(element, "desc");
  const range = element.getChild("range", NS);
  return {
    ...(name !== undefined && { name }),
    ...(size !== undefined && { size }),
    ...(md5 !== undefined && /^[0-9a-f]{32}$/.test(md5) && { md5 }),
    ...(date !== undefined && { date }),
    ...(description !== undefined && { description }),
    ...(range && { range: readRange(range) }),
  };
}

function readRange(range: Element): Range {
  const [offset, length] = [count(attribute(range, "offset")), count(attribute(range, "length"))];
  return { ...(offset !== undefined && { offset }), ...(length !== undefined && { length }) };
}

export function write({ name, size, md5, date, description, range, thumbnail }: File): Element {
  return xml(
    "file",
    { xmlns: NS, name, size, hash: md5, date },
    description === undefined ? undefined : xml("desc", {}, description),
    range && xml("range", { offset: range.offset, length: range.length }),
    thumbnail && thumbnails.writeOld(thumbnail),
  );
}
