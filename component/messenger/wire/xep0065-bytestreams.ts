/**
 * XEP-0065 SOCKS5 Bytestreams, version 1.8.2: what is said in stanzas. One shape for all of it: the requester's hosts, the target's choice
 * of one, what a proxy is asked and answers. Left out: UDP (§8) beyond seeing that it is asked for, and hosts by zeroconf.
 */
import { createHash } from "node:crypto";
import { type Jid, toJid } from "../../lib/jid.js";
import { type Element, xml } from "../stanza.js";
import { attribute, count, every, field } from "./read.js";

export const NS = "http://jabber.org/protocol/bytestreams";

/** More than any client has; the rest is not read. */
const MOST_HOSTS = 32;

export interface Host {
  readonly jid: Jid;
  /** A name or a literal address. */
  readonly host: string;
  readonly port: number;
}

export interface Query {
  readonly sid?: string;
  readonly udp: boolean;
  /** The DST.ADDR to use, where the two ends see each other under other addresses (§7). */
  readonly address?: string;
  readonly hosts: readonly Host[];
  /** The host that was chosen. */
  readonly used?: Jid;
  /** The other end, for a proxy (§6.3.5). */
  readonly activate?: Jid;
}

export function read(element: Element): Query | undefined {
  if (!element.is("query", NS)) return undefined;
  const sid = attribute(element, "sid", 1024);
  const address = attribute(element, "dstaddr")?.toLowerCase();
  const [used] = every(element.getChildren("streamhost-used", NS), (host) => toJid(attribute(host, "jid") ?? ""));
  const activate = toJid(field(element, "activate") ?? "");
  return {
    ...(sid !== undefined && { sid }),
    udp: attribute(element, "mode") === "udp",
    ...(address !== undefined && /^[0-9a-f]{40}$/.test(address) && { address }),
    hosts: every(element.getChildren("streamhost", NS).slice(0, MOST_HOSTS), readHost),
    ...(used && { used }),
    ...(activate && { activate }),
  };
}

function readHost({ attrs }: Element): Host | undefined {
  const { jid: named, host = "", port: digits } = attrs as Record<string, string | undefined>;
  const [jid, port] = [toJid(named ?? ""), count(digits)];
  const isRight = /^[^\s\p{Cc}]{1,255}$/u.test(host) && port !== undefined && port > 0 && port < 65536;
  return jid && isRight ? { jid, host, port } : undefined;
}

export function write({ sid, udp, address, hosts, used, activate }: Query): Element {
  return xml(
    "query",
    { xmlns: NS, sid, mode: udp ? "udp" : undefined, dstaddr: address },
    ...hosts.map(({ jid, host, port }) => xml("streamhost", { jid, host, port })),
    used && xml("streamhost-used", { jid: used }),
    activate && xml("activate", {}, activate),
  );
}

/** DST.ADDR (§5.3.2): what both ends of a stream name to its host. */
export function destination(sid: string, requester: Jid, target: Jid): string {
  return createHash("sha1").update(`${sid}${requester}${target}`).digest("hex");
}

/** Under each of these the peer may come to a host of ours. COMPAT: QXmpp makes it of Latin-1, with a question mark for what that has not. */
export function destinations(sid: string, requester: Jid, target: Jid): readonly string[] {
  const latin = `${sid}${requester}${target}`.replace(/[^\0-\xff]/g, "?");
  const other = createHash("sha1").update(latin, "latin1").digest("hex");
  return [...new Set([destination(sid, requester, target), other])];
}
