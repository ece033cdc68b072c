/**
 * XEP-0260 Jingle SOCKS5 bytestreams, version 1.0.3: one `<transport/>`. A candidate that cannot be read (no cid, no host, a port that is
 * none) is as good as absent. Left out: the mode, because no client has ever sent "udp".
 */
import { type Element, xml } from "../stanza.js";
import { type Jid, toJid } from "../../lib/jid.js";
import { attribute, count, every } from "./read.js";

export const NS = "urn:xmpp:jingle:transports:s5b:1";

/** §2.2, by which priorities are made; best first. */
export const TYPES = ["direct", "assisted", "tunnel", "proxy"] as const;

/** More than any client has; the rest is not read. */
const MOST_CANDIDATES = 32;
const DEFAULT_PORT = 1080; // XEP-0065 §4

export interface Candidate {
  readonly cid: string;
  readonly host: string;
  readonly port: number;
  readonly jid: Jid;
  readonly priority: number;
  readonly type: (typeof TYPES)[number];
}

/** What a transport-info says in place of candidates. */
export type S5bInfo =
  | { readonly type: "candidate-used" | "activated"; readonly cid: string }
  | { readonly type: "candidate-error" | "proxy-error" };

export interface S5b {
  readonly type: "s5b";
  readonly sid: string;
  /** DST.ADDR for the candidates beside it: 40 hex digits, lower-case. */
  readonly dstaddr?: string;
  readonly candidates: readonly Candidate[];
  readonly info?: S5bInfo;
}

/** Undefined without the sid, by which everything goes. */
export function read(transport: Element): S5b | undefined {
  const sid = attribute(transport, "sid");
  if (!transport.is("transport", NS) || sid === undefined) return undefined;
  const dstaddr = attribute(transport, "dstaddr")?.toLowerCase();
  const [info] = every(transport.getChildElements(), readInfo);
  return {
    type: "s5b",
    sid,
    ...(dstaddr !== undefined && /^[0-9a-f]{40}$/.test(dstaddr) && { dstaddr }),
    candidates: every(transport.getChildren("candidate", NS).slice(0, MOST_CANDIDATES), readCandidate),
    ...(info && { info }),
  };
}

export function write({ sid, dstaddr, candidates, info }: S5b): Element {
  return xml(
    "transport",
    { xmlns: NS, sid, dstaddr },
    ...candidates.map((candidate) => xml("candidate", { ...candidate })),
    info && xml(info.type, { cid: "cid" in info ? info.cid : undefined }),
  );
}

function readCandidate(element: Element): Candidate | undefined {
  const [cid, host] = [attribute(element, "cid"), attribute(element, "host")];
  const jid = toJid(attribute(element, "jid") ?? "");
  const port = count(attribute(element, "port")) ?? (attribute(element, "port") === undefined ? DEFAULT_PORT : 0);
  if (cid === undefined || host === undefined || !jid || port < 1 || port > 65_535) return undefined;
  const said = attribute(element, "type") ?? "direct";
  const type = TYPES.find((known) => known === said);
  return type && { cid, host, port, jid, priority: count(attribute(element, "priority")) ?? 0, type };
}

function readInfo(element: Element): S5bInfo | undefined {
  if (element.getNS() !== NS) return undefined;
  const type = element.getName();
  const cid = attribute(element, "cid");
  if (type === "candidate-error" || type === "proxy-error") return { type };
  return (type === "candidate-used" || type === "activated") && cid !== undefined ? { type, cid } : undefined;
}
