/**
 * XEP-0356: what the server lets us see by itself. Where it shows its users' presence, following them needs no subscription.
 * What it grants ends with the stream. Only the servers named at the start can grant anything: anybody can send a message
 * that looks like a grant. Presence of others in its users' rosters ("roster") comes without a sign of where from, and is
 * taken like any presence that strangers show us.
 */
import { Refusal } from "../lib/errors.js";
import { domainOf, isFull, localOf, type Jid } from "../lib/jid.js";
import type { Log } from "../lib/log.js";
import type { Element, Router, StanzaStream } from "./stanza.js";
import { parsePrivileges, type Privileges } from "./wire/xep0356-privilege.js";

export interface PrivilegeOptions {
  readonly router: Router;
  readonly stream: Pick<StanzaStream, "domain">;
  readonly directory: { show(domain: string, isShown: boolean): void };
  /** Domains whose server is ours. */
  readonly hosts: readonly string[];
  readonly log: Log;
}

export class Privilege {
  readonly #o: PrivilegeOptions;
  readonly #granted = new Map<string, Privileges>();

  constructor(options: PrivilegeOptions) {
    this.#o = options;
  }

  start(): void {
    const { router } = this.#o;
    router.message((stanza, from, to) => this.#hear(stanza, from, to));
    // §4.4: pushes come for every change of every roster; whoever is not the server has no business sending one.
    router.iq("set", "jabber:iq:roster", "query", ({ from, to }) => {
      const { roster } = this.of(domainOf(from)) ?? {};
      if (to === this.#o.stream.domain && (roster === "get" || roster === "both")) return undefined;
      throw new Refusal("no-such-service");
    });
  }

  disconnected(): void {
    this.#granted.clear();
  }

  /** What the server of a domain has granted since the stream began. */
  of(domain: string): Privileges | undefined {
    return this.#granted.get(domain);
  }

  #hear(stanza: Element, from: Jid, to: Jid): boolean {
    const privileges = parsePrivileges(stanza);
    if (!privileges) return false;
    const { hosts, stream, directory, log } = this.#o;
    const isServer = to === stream.domain && !isFull(from) && localOf(from) === "" && hosts.includes(from);
    if (!isServer) {
      log.warn({ from }, "a grant of privileges that is not our server's was ignored");
      return true;
    }
    this.#granted.set(from, privileges);
    directory.show(from, privileges.presence !== "none");
    log.info({ from, ...privileges }, "the server grants privileges");
    return true;
  }
}
