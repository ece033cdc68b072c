/**
 * Which clients of whom are online: the presence directory's memory, and its rules as pure functions. A hundred thousand
 * people stay in it at once, so it is compact: one map entry and one object each, and nothing but a constant for
 * somebody who is away. Texts are copied out of the stanzas that they came in.
 */
import type { Resource } from "../control/ports.js";
import { bareOf, type BareJid, type FullJid } from "../lib/jid.js";
import { detached } from "../lib/text.js";
import type { Caps } from "./caps-cache.js";
import type { Show } from "./wire/rfc6121-presence.js";

/** One client, as its last presence had it. Never changed but for its caps: a new presence makes a new one. */
export class Client implements Resource {
  caps: Caps | undefined = undefined;
  constructor(
    readonly jid: FullJid,
    readonly stay: number,
    readonly priority: number,
    readonly show: Show,
  ) {}

  get software(): string | undefined {
    return this.caps?.key;
  }

  get isKnown(): boolean {
    return this.caps?.known ?? true;
  }

  can(feature: string): boolean | undefined {
    return this.caps?.can(feature);
  }
}

/** Whether messages to his bare address may come to this client (RFC 6121 §8.5.2.1: not below priority 0). */
export function takesMessages(client: Resource): boolean {
  return client.priority >= 0;
}

/** Whether something may be offered to whoever sits there: he takes messages and is not to be left alone. */
export function isOpen(client: Resource): boolean {
  return takesMessages(client) && client.show !== "dnd";
}

/** Whether a presence tells the office anything: `before` is the same client as it was, undefined when it was not there. */
export function stirs(before: Client | undefined, after: Client): boolean {
  if (!isOpen(after)) return false;
  if (!before || !isOpen(before)) return true;
  return after.caps !== before.caps && after.caps?.known === true;
}

const ORDER: readonly Show[] = ["chat", "", "away", "xa", "dnd"];

/** Better first: by priority, then by show. */
export function compare(a: Resource, b: Resource): number {
  return b.priority - a.priority || ORDER.indexOf(a.show) - ORDER.indexOf(b.show);
}

/** Asked about, but nothing heard yet; nobody online; one client; or several, the latest last. */
type Slot = undefined | null | Client | Client[];

/** Clients of one person; the oldest gives way. */
const MOST_CLIENTS = 32;
/** People whom we do not follow but who showed themselves to us; the one heard of least recently gives way. */
const MOST_STRANGERS = 10_000;

export class ClientBook {
  readonly #followed = new Map<BareJid, Slot>();
  readonly #strangers = new Map<BareJid, Slot>();

  follows(jid: BareJid): boolean {
    return this.#followed.has(jid);
  }

  /** Whether anything was heard of him, be it that he is away. */
  hasHeard(jid: BareJid): boolean {
    return this.#followed.get(jid) !== undefined || this.#strangers.has(jid);
  }

  /** From now on he stays in the book, online or not. */
  follow(jid: BareJid): void {
    if (this.#followed.has(jid)) return;
    this.#followed.set(detached(jid), this.#strangers.get(jid));
    this.#strangers.delete(jid);
  }

  /** His server has spoken of him. */
  hear(jid: BareJid): void {
    if (this.#followed.has(jid) && this.#followed.get(jid) === undefined) this.#followed.set(jid, null);
  }

  /** He may no longer be watched: whatever was known of him goes. Answers the clients that went. */
  forget(jid: BareJid): Client[] {
    const gone = this.of(jid);
    this.#followed.delete(jid);
    this.#strangers.delete(jid);
    return gone;
  }

  /** Everybody goes. */
  clear(): void {
    this.#followed.clear();
    this.#strangers.clear();
  }

  /** All his clients, the latest last. */
  of(jid: BareJid): Client[] {
    const slot = this.#followed.get(jid) ?? this.#strangers.get(jid) ?? [];
    return slot instanceof Client ? [slot] : [...slot];
  }

  find(jid: FullJid): Client | undefined {
    return this.of(bareOf(jid)).find((client) => client.jid === jid);
  }

  /** Enters a client in place of what it was before. `jid` must be a copy (see the header). Answers those that had to give way. */
  put(client: Client): Client[] {
    const jid = bareOf(client.jid);
    const clients = this.of(jid).filter((other) => other.jid !== client.jid);
    clients.push(client);
    const gone = clients.length > MOST_CLIENTS ? [clients.shift()!] : [];
    this.#set(jid, clients);
    if (this.#strangers.size > MOST_STRANGERS) {
      const [oldest] = this.#strangers.keys();
      gone.push(...this.forget(oldest!));
    }
    return gone;
  }

  /** Takes a client out, or all of somebody's. Answers those that went. */
  drop(jid: BareJid | FullJid): Client[] {
    const bare = bareOf(jid);
    const clients = this.of(bare);
    const isGone = (client: Client): boolean => jid === bare || client.jid === jid;
    const gone = clients.filter(isGone);
    if (gone.length > 0) {
      const left = clients.filter((client) => !isGone(client));
      if (left.length === 0 && !this.#followed.has(bare)) this.#strangers.delete(bare);
      else this.#set(bare, left);
    }
    return gone;
  }

  get size(): { followed: number; strangers: number } {
    return { followed: this.#followed.size, strangers: this.#strangers.size };
  }

  #set(jid: BareJid, clients: Client[]): void {
    const slot: Slot = clients.length > 1 ? clients : (clients[0] ?? null);
    if (this.#followed.has(jid)) {
      this.#followed.set(jid, slot);
      return;
    }
    this.#strangers.delete(jid); // the latest last
    this.#strangers.set(detached(jid), slot);
  }
}
