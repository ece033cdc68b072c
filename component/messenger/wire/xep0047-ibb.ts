/**
 * XEP-0047 In-Band Bytestreams, version 2.0.1: `open`, `data` and `close`, and the base64 of a block. Left out: that a sid is an
 * NMTOKEN (Gajim sends "None", others send what they like: it is only ever compared).
 */
import { type Element, xml } from "../stanza.js";
import { attribute, count } from "./read.js";

export const NS = "http://jabber.org/protocol/ibb";

/** §2.1: block-size is at most this, and seq runs up to it and begins again at 0. */
export const MOST = 65_535;

export interface Open {
  readonly sid: string;
  /** Bytes of a block at most, before base64. */
  readonly blockSize: number;
  readonly stanza: "iq" | "message";
}

export interface Data {
  readonly sid: string;
  readonly seq: number;
  /** Its characters without white space, unchecked; see {@link sizeOf} and {@link decode}. */
  readonly base64: string;
}

export function readOpen(element: Element): Open | undefined {
  if (!element.is("open", NS)) return undefined;
  const sid = attribute(element, "sid");
  const blockSize = count(attribute(element, "block-size"));
  const stanza = attribute(element, "stanza") ?? "iq";
  if (sid === undefined || !blockSize || blockSize > MOST) return undefined;
  return stanza === "iq" || stanza === "message" ? { sid, blockSize, stanza } : undefined;
}

export function writeOpen({ sid, blockSize, stanza }: Open): Element {
  return xml("open", { xmlns: NS, sid, "block-size": blockSize, stanza });
}

export function readData(element: Element): Data | undefined {
  if (!element.is("data", NS)) return undefined;
  const sid = attribute(element, "sid");
  const seq = count(attribute(element, "seq"));
  if (sid === undefined || seq === undefined || seq > MOST) return undefined;
  const [text = "", ...more] = element.children;
  if (typeof text !== "string" || more.some((child) => typeof child !== "string")) return undefined;
  return { sid, seq, base64: unwrapped(more.length === 0 ? text : text + more.join("")) };
}

export function writeData(sid: string, seq: number, block: Buffer): Element {
  return xml("data", { xmlns: NS, seq, sid }, block.toString("base64"));
}

/** The sid. */
export function readClose(element: Element): string | undefined {
  return element.is("close", NS) ? attribute(element, "sid") : undefined;
}

export function writeClose(sid: string): Element {
  return xml("close", { xmlns: NS, sid });
}

/** How many bytes that is, if it is base64 at all; undefined when base64 has no such length. */
export function sizeOf(base64: string): number | undefined {
  if (base64.length % 4 !== 0) return undefined;
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}

/**
 * Decodes {@link sizeOf} bytes into `target` from `at`, where there must be room for them. False when it is not base64 by RFC 4648 §4
 * (§9: whatever is not of its alphabet, and padding that is not at the end, is refused); what was written then means nothing.
 */
export function decode(base64: string, target: Buffer, at: number): boolean {
  // Node skips what it does not know, stops at padding, takes the alphabet of §5 as well, and of wide characters the lower byte.
  if (Buffer.byteLength(base64) !== base64.length || base64.includes("-") || base64.includes("_")) return false;
  return target.write(base64, at, "base64") === sizeOf(base64);
}

/** The XEP's own examples break their lines. Searches for one character cost next to nothing, a pattern ten times as much as decoding. */
function unwrapped(text: string): string {
  const isWrapped = text.includes("\n") || text.includes(" ") || text.includes("\r") || text.includes("\t");
  return isWrapped ? text.replace(/[\t\n\r ]+/g, "") : text;
}
