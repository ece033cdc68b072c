/** XEP-0261 Jingle in-band bytestreams, version 1.0. Left out: several streams in one content (§2.3), and the kind of stanza, which the stream's own `<open/>` says. */
import { type Element, xml } from "../stanza.js";
import { attribute, count } from "./read.js";

export const NS = "urn:xmpp:jingle:transports:ibb:1";

/** XEP-0047 §2.1. */
const MAX_BLOCK = 65_535;
const DEFAULT_BLOCK = 4096;

export interface Ibb {
  readonly type: "ibb";
  readonly sid: string;
  /** Bytes, before base64. */
  readonly blockSize: number;
}

/** Undefined without a sid, or with a block size that is none. */
export function read(transport: Element): Ibb | undefined {
  const sid = attribute(transport, "sid");
  if (!transport.is("transport", NS) || sid === undefined) return undefined;
  const said = attribute(transport, "block-size");
  const blockSize = said === undefined ? DEFAULT_BLOCK : count(said);
  return blockSize && blockSize <= MAX_BLOCK ? { type: "ibb", sid, blockSize } : undefined;
}

export function write({ sid, blockSize }: Ibb): Element {
  return xml("transport", { xmlns: NS, sid, "block-size": blockSize });
}
