/**
 * XEP-0234 Jingle file transfer, version 0.19.1 (":5"), and the older ":4" and ":3" as far as they are still received: how a file is
 * described, with a thumbnail (only written), and what is said of it afterwards. Left out: the date (Gajim's is none, and nobody here asks for it), hashes of a range.
 */
import { type Element, xml } from "../stanza.js";
import { attribute, count, every, field } from "./read.js";
import * as thumbnails from "./xep0264-thumbnails.js";
import * as hashes from "./xep0300-hashes.js";
import { type Metadata, readFields } from "./xep0446-metadata.js";

const FAMILY = "urn:xmpp:jingle:apps:file-transfer:";
export const NS = `${FAMILY}5`;
const NS_ERRORS = "urn:xmpp:jingle:apps:file-transfer:errors:0";

export type Version = 3 | 4 | 5;

/** §5: from `offset` on, `length` bytes or to the end. */
export interface Range {
  readonly offset: number;
  readonly length?: number;
}

export interface JingleFile extends Metadata {
  readonly description?: string;
  /** In an offer: parts of it can be asked for. In an acceptance: the part that is asked for. */
  readonly range?: Range;
  /** Its SHA-256 is not known yet and will be said after the bytes (§8.2). */
  readonly hashFollows?: boolean;
}

export interface FileDescription {
  readonly type: "file";
  readonly version: Version;
  readonly file: JingleFile;
}

/** A session-info of this XEP. `name` is that of the content; clients leave it out when there is only one. */
export type FileInfo =
  | { readonly type: "received"; readonly version: Version; readonly name?: string }
  | { readonly type: "checksum"; readonly version: Version; readonly name?: string; readonly file: JingleFile };

/** §9: what may stand beside a reason. */
export type FileError = "file-too-large" | "file-not-available";

export function read(description: Element): FileDescription | undefined {
  const version = versionOf(description);
  if (version === undefined || description.getName() !== "description") return undefined;
  // Version 3 wrapped an offered file, and a <request/> was another thing.
  const holder = version === 3 ? description.getChild("offer", description.getNS()) : description;
  const file = holder?.getChild("file", description.getNS());
  return file && { type: "file", version, file: readFile(file) };
}

export function write({ version, file }: FileDescription): Element {
  const described = writeFile(file);
  return xml("description", { xmlns: FAMILY + version }, version === 3 ? xml("offer", {}, described) : described);
}

export function readInfo(payload: Element): FileInfo | undefined {
  const version = versionOf(payload);
  const name = attribute(payload, "name");
  if (version === undefined) return undefined;
  const what = { version, ...(name !== undefined && { name }) };
  if (payload.getName() === "received") return { type: "received", ...what };
  if (payload.getName() !== "checksum") return undefined;
  const file = payload.getChild("file", payload.getNS());
  // COMPAT: some say the hash beside the file, or in no file at all.
  const [beside] = every(payload.getChildElements(), hashes.read);
  return {
    type: "checksum",
    ...what,
    file: { ...(file && readFile(file)), ...(beside !== undefined && { sha256: beside }) },
  };
}

/** Of a content that the initiator created, as all of ours are. */
export function writeInfo(info: FileInfo): Element {
  return xml(
    info.type,
    { xmlns: FAMILY + info.version, creator: "initiator", name: info.name },
    info.type === "checksum" ? writeFile(info.file) : undefined,
  );
}

export function readError(element: Element): FileError | undefined {
  const name = element.getNS() === NS_ERRORS ? element.getName() : "";
  return name === "file-too-large" || name === "file-not-available" ? name : undefined;
}

export function writeError(error: FileError): Element {
  return xml(error, { xmlns: NS_ERRORS });
}

function versionOf(element: Element): Version | undefined {
  return ([5, 4, 3] as const).find((version) => element.getNS() === FAMILY + version);
}

function readFile(element: Element): JingleFile {
  const description = field(element, "desc");
  const range = element.getChild("range", element.getNS());
  const metadata = readFields(element);
  const follows = metadata.sha256 === undefined && element.getChildElements().some(hashes.isAnnounced);
  return {
    ...metadata,
    ...(description !== undefined && { description }),
    ...(range && { range: readRange(range) }),
    ...(follows && { hashFollows: true }),
  };
}

function readRange(element: Element): Range {
  const length = count(attribute(element, "length"));
  return { offset: count(attribute(element, "offset")) ?? 0, ...(length !== undefined && { length }) };
}

function writeFile({ name, mediaType, size, sha256, description, range, hashFollows, thumbnail }: JingleFile): Element {
  return xml(
    "file",
    {},
    mediaType === undefined ? undefined : xml("media-type", {}, mediaType),
    name === undefined ? undefined : xml("name", {}, name),
    description === undefined ? undefined : xml("desc", {}, description),
    size === undefined ? undefined : xml("size", {}, String(size)),
    range && xml("range", { offset: range.offset || undefined, length: range.length }),
    sha256 === undefined ? undefined : hashes.write(sha256),
    hashFollows ? hashes.writeAnnounced() : undefined,
    thumbnail && thumbnails.write(thumbnail),
  );
}
