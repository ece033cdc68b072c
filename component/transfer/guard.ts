/**
 * The one guard for addresses that others name: links to be fetched, hosts to be dialled. Whoever can make us connect somewhere
 * must not reach through us what only we can reach (CVE-2019-18394 is that mistake in another server).
 *
 * A name is resolved once, every address that comes back must pass, and the connection goes to exactly these addresses:
 * a name server that changes its answer gains nothing. The asker cannot tell a name that leads to a private address from one
 * that leads nowhere: both are "link-unreachable", after the same look-up. "link-not-allowed" depends on the link's text alone.
 */
import { Resolver, lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { Refusal } from "../lib/errors.js";
import { Places } from "../lib/places.js";
import { say, type Word } from "../lib/said.js";
import { orAborted } from "../lib/signals.js";

/** A literal address that has been checked: what a socket may connect to. */
export interface Checked {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Name → literal addresses. Rejects when there are none. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface GuardOptions {
  /** Whether private addresses may be reached (intranets, tests). */
  readonly allowPrivate: boolean;
  /** Which ports links may name; empty: any. Hosts to be dialled are not bound to them. */
  readonly ports: readonly number[];
  /** The name service; by default the system's. */
  readonly resolve?: Resolve;
}

const MAX_URL = 4096; // characters: presigned links of object stores reach 2,000
const MAX_ADDRESSES = 16;
/** Of the system at once: it takes threads, and a question that nobody waits for any more cannot be taken back. */
const SYSTEM_ASKED = 8;

export class Guard {
  private readonly ask: Resolve;

  constructor(private readonly options: GuardOptions) {
    // Where private addresses count, so does /etc/hosts. Elsewhere only DNS: Debian's own entry 127.0.1.1 for the machine's name
    // would hide its public address, and a slow answer must not occupy the threads that the file system needs.
    this.ask = options.resolve ?? (options.allowPrivate ? systemResolve() : askDns);
  }

  /** Reads a link and answers it normalised, without its fragment. Asks nobody. Refusals: link-bad, link-not-allowed. */
  judge(text: string): URL {
    if (text.length > MAX_URL) throw bad("link/long");
    if (/[\s\p{Cc}]/u.test(text) || !URL.canParse(text)) throw bad("link/no-address");
    const url = new URL(text);
    if (url.protocol !== "http:" && url.protocol !== "https:") throw bad("link/scheme");
    if (url.username !== "" || url.password !== "") throw bad("link/password");
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    if (this.options.ports.length > 0 && !this.options.ports.includes(port)) throw new Refusal("link-not-allowed");
    const literal = literalOf(url.hostname);
    if (literal ? !this.passes(literal) : isLocalName(url.hostname) && !this.options.allowPrivate)
      throw new Refusal("link-not-allowed");
    url.hash = "";
    return url;
  }

  /**
   * The addresses of a host that may be connected to; all of them have passed. `host` is a name or a literal in any of its forms.
   * Refusals: link-bad (no host), link-not-allowed (a literal that may not be reached), link-unreachable (all else; `cause` says more).
   */
  async resolve(host: string, signal: AbortSignal): Promise<readonly Checked[]> {
    const name = canonical(host);
    if (name === undefined) throw bad("link/no-host");
    const literal = literalOf(name);
    if (literal) {
      if (!this.passes(literal)) throw new Refusal("link-not-allowed");
      return [literal];
    }
    const found = (await this.look(name, signal)).slice(0, MAX_ADDRESSES).map(checked);
    const wrong = found.find((c) => !this.passes(c));
    if (found.length === 0) throw unreachable(name, new Error("the name has no address"));
    if (wrong) throw unreachable(name, new Error(`${wrong.address} is not an address that I may connect to`));
    return found;
  }

  private async look(name: string, signal: AbortSignal): Promise<readonly string[]> {
    try {
      // Not every name service can be interrupted.
      return await orAborted(this.ask(name, signal), signal);
    } catch (e) {
      if (signal.aborted) throw signal.reason;
      throw unreachable(name, e);
    }
  }

  private passes({ address }: Checked): boolean {
    const kind = kindOf(ipaddr.parse(address));
    return kind === "public" || (kind === "private" && this.options.allowPrivate);
  }
}

const PRIVATE = new Set(["private", "loopback", "uniqueLocal", "carrierGradeNat"]);

/**
 * Everything that is neither public nor private never passes: unspecified, multicast, broadcast, reserved, benchmarking, and
 * link-local, where clouds answer whoever asks with the machine's own credentials.
 */
function kindOf(ip: ipaddr.IPv4 | ipaddr.IPv6): "public" | "private" | "never" {
  const range = ip.range();
  if (ip instanceof ipaddr.IPv6) {
    if (ip.isIPv4MappedAddress()) return kindOf(ip.toIPv4Address());
    // NAT64 (RFC 6052 §2.1): it is the address inside that is reached. Other translations (6to4, Teredo) nobody needs any more.
    if (ip.match(NAT64)) return kindOf(new ipaddr.IPv4(ip.toByteArray().slice(12)));
    if (range === "unicast") return ip.match(GLOBAL) ? "public" : "never";
  }
  if (range === "unicast") return "public";
  return PRIVATE.has(range) ? "private" : "never";
}

const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
const GLOBAL = ipaddr.IPv6.parseCIDR("2000::/3"); // all of IPv6 that has been given out (RFC 4291 §2.4)

/** The host as the URL standard writes it: lower case, punycode, one form for every spelling of an IPv4 address. */
function canonical(host: string): string | undefined {
  const text = `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}/`;
  if (host === "" || /[\s\p{Cc}/?#@\\]/u.test(host) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.port === "" ? url.hostname : undefined;
}

function literalOf(hostname: string): Checked | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(address) ? checked(address) : undefined;
}

function checked(address: string): Checked {
  return { address, family: isIP(address) === 6 ? 6 : 4 };
}

/** RFC 6761 §6.3 */
function isLocalName(hostname: string): boolean {
  return /(^|\.)localhost\.?$/.test(hostname);
}

/** The system's way, /etc/hosts included. Whoever gives up while he waits for his turn has asked nothing. */
function systemResolve(): Resolve {
  const places = new Places(SYSTEM_ASKED);
  return async (host, signal) => {
    const found = await places.take(signal, () => lookup(host, { all: true, verbatim: true }));
    return found.map((f) => f.address);
  };
}

/** DNS alone, IPv4 and IPv6 at once. */
async function askDns(host: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  const stop = (): void => resolver.cancel();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [v6, v4] = await Promise.allSettled([resolver.resolve6(host), resolver.resolve4(host)]);
    if (v4.status === "rejected" && v6.status === "rejected") throw v4.reason;
    return [v6, v4].flatMap((r) => (r.status === "fulfilled" ? r.value : []));
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function bad(why: Word): Refusal {
  return new Refusal("link-bad", { why: say(why) });
}

function unreachable(host: string, cause: unknown): Refusal {
  return new Refusal("link-unreachable", { host }, { cause });
}
