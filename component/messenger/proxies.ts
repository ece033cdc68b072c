/**
 * The SOCKS5 proxies of servers (XEP-0065 §4, §6.3.5): found by what a server lists, asked for their addresses, kept for a while. A proxy
 * that does not let us use it says so when it is asked for its address, and is as good as none.
 */
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { bareOf, domainOf, type Jid, toBare } from "../lib/jid.js";
import { putLast } from "../lib/latest.js";
import type { Log } from "../lib/log.js";
import { orAborted } from "../lib/signals.js";
import { type Element, type StanzaStream, xml } from "./stanza.js";
import type { Proxies, Proxy } from "./streams.js";
import { infoQuery, itemsQuery, parseInfo, parseItems } from "./wire/xep0030-disco.js";
import * as bytestreams from "./wire/xep0065-bytestreams.js";

/** How long an answer is kept, and how long that there is none. */
const KEEP = 3_600_000;
const KEEP_NONE = 600_000;
/** Each question's time limit: somebody waits. */
const PATIENCE = 10_000;
/** Servers remembered, items of one asked about, proxies of one used. */
const MOST_SERVERS = 512;
const MOST_ITEMS = 20;
const MOST_PROXIES = 3;

export interface ProxyFinderParts {
  readonly stream: Pick<StanzaStream, "domain" | "request">;
  /** Who asks. A proxy's access list has to let in this address's domain. */
  readonly self: Jid;
  readonly clock: Clock;
  readonly log: Log;
}

interface Known {
  readonly proxies: Promise<readonly Proxy[]>;
  until: number;
}

export class ProxyFinder implements Proxies {
  readonly #o: ProxyFinderParts;
  /** By server, the least recently asked first. */
  readonly #known = new Map<string, Known>();

  constructor(parts: ProxyFinderParts) {
    this.#o = parts;
  }

  /** Those of his server, then those of ours. */
  async near(domain: Jid, signal: AbortSignal): Promise<readonly Proxy[]> {
    const parent = toBare(domainOf(this.#o.stream.domain).split(".").slice(1).join("."));
    const servers = new Set([domainOf(domain), ...(parent?.includes(".") ? [parent as string] : [])]);
    const asked = Promise.all([...servers].map((server) => this.#of(server as Jid)));
    const found = await orAborted(asked, signal).catch(() => undefined);
    const byJid = new Map(found?.flat().map((proxy) => [proxy.jid, proxy]));
    return [...byJid.values()];
  }

  async activate(proxy: Jid, self: Jid, sid: string, target: Jid, signal: AbortSignal): Promise<void> {
    const query = bytestreams.write({ sid, udp: false, hosts: [], activate: target });
    try {
      await this.#o.stream.request(xml("iq", { type: "set", from: self, to: proxy }, query), { signal });
    } catch (cause) {
      signal.throwIfAborted();
      throw new Refusal("stream-unreachable", {}, { cause });
    }
  }

  /** Never rejects. */
  #of(server: Jid): Promise<readonly Proxy[]> {
    const { clock, log } = this.#o;
    const before = this.#known.get(server);
    if (before && before.until > clock.now()) {
      putLast(this.#known, server, before, MOST_SERVERS);
      return before.proxies;
    }
    const proxies = this.#find(server).catch((err: unknown) => {
      log.debug({ err, server }, "no proxies");
      return [];
    });
    const known: Known = { proxies, until: clock.now() + KEEP };
    void proxies.then(({ length }) => {
      if (length === 0) known.until = clock.now() + KEEP_NONE;
    });
    putLast(this.#known, server, known, MOST_SERVERS);
    return proxies;
  }

  async #find(server: Jid): Promise<readonly Proxy[]> {
    const { self, stream } = this.#o;
    const listed = await this.#ask(itemsQuery(self, server));
    const items = parseItems(listed, MOST_ITEMS).filter((item) => domainOf(item) !== stream.domain);
    const found = await Promise.all(items.map((item) => this.#look(item).catch(() => undefined)));
    return found.filter((proxy) => proxy !== undefined).slice(0, MOST_PROXIES);
  }

  /** The item as a proxy; undefined when it is none. */
  async #look(item: Jid): Promise<Proxy | undefined> {
    const { self } = this.#o;
    const info = parseInfo(await this.#ask(infoQuery(self, item)));
    if (!info?.identities.some(({ category, type }) => category === "proxy" && type === "bytestreams"))
      return undefined;
    const question = bytestreams.write({ udp: false, hosts: [] });
    const answer = await this.#ask(xml("iq", { type: "get", from: self, to: item }, question));
    // Nobody else is asked to activate. ejabberd's has a resource, by which the nodes of a cluster are told apart.
    return answer && bytestreams.read(answer)?.hosts.find(({ jid }) => bareOf(jid) === item);
  }

  async #ask(iq: Element): Promise<Element | undefined> {
    const result = await this.#o.stream.request(iq, { timeout: PATIENCE });
    return result.getChildElements()[0];
  }
}
