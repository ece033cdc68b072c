/**
 * What becomes of messages that we sent: a receipt says that one is there (XEP-0184), an error that it came back (RFC 6120 §8.3), and
 * silence, where a client is known to give receipts, that nobody is there. Only the address that a message went to has a say in it.
 */
import type { Instant } from "../../control/ports.js";
import type { Clock } from "../../lib/clock.js";
import { type BareJid, type Jid, bareOf } from "../../lib/jid.js";

export type Fate =
  | { readonly type: "reached" }
  | { readonly type: "unreached" }
  | { readonly type: "bounced"; readonly condition: string };

/** Longer than servers wait for a client that has lost its connection (XEP-0198: five to ten minutes); after that they give back what it has not got. */
const KEEP = 900_000;
/** As many as a burst of log-ins offers while the first of them may still be silent (half a minute); some 20 MiB. The oldest is forgotten first. */
const MAX = 25_000;
/** Characters that are held for the case that they come back: beyond, those that have been held the longest are not told of any more. */
const MAX_HELD = 2 ** 22;
/** What each of those takes beside them. */
const HOLDING = 512;
const nothing = (): void => {};

interface Watched {
  readonly until: Instant;
  readonly tell: (fate: Fate) => void;
  readonly cancel: () => void;
  readonly held: number;
}

export class Fates {
  /** By address and id, oldest first. */
  readonly #watched = new Map<string, Watched>();
  /** Of them those that hold something. */
  readonly #holding = new Set<string>();
  #held = 0;

  constructor(private readonly clock: Clock) {}

  /**
   * Tells what becomes of the message with that id to that address: `reached` or `bounced` once, and before them `unreached` when
   * `patience` ms have passed without (the receipt of a slow client may still come). The answer ends it. `holds`: characters that `tell` keeps in memory.
   */
  watch(to: BareJid, id: string, tell: (fate: Fate) => void, patience?: number, holds = 0): () => void {
    const key = keyOf(to, id);
    this.#end(key);
    const cancel = patience === undefined ? nothing : this.clock.after(patience, () => tell({ type: "unreached" }));
    const held = holds > 0 ? holds + HOLDING : 0;
    this.#watched.set(key, { until: this.clock.now() + KEEP, tell, cancel, held });
    if (held > 0) this.#holding.add(key);
    this.#held += held;
    this.#forget();
    return () => this.#end(key);
  }

  /** A receipt came. Whether anybody waited for it. */
  reached(from: Jid, id: string): boolean {
    return this.#tell(from, id, { type: "reached" });
  }

  /** An error came. Whether anybody waited for it. */
  bounced(from: Jid, id: string, condition: string): boolean {
    return this.#tell(from, id, { type: "bounced", condition });
  }

  #tell(from: Jid, id: string, fate: Fate): boolean {
    const watched = this.#end(keyOf(bareOf(from), id));
    watched?.tell(fate);
    return watched !== undefined;
  }

  #end(key: string): Watched | undefined {
    const watched = this.#watched.get(key);
    watched?.cancel();
    this.#watched.delete(key);
    if (this.#holding.delete(key)) this.#held -= watched!.held;
    return watched;
  }

  /** All are kept for the same time, so that the oldest is the first to go. */
  #forget(): void {
    for (const key of this.#holding) if (this.#held > MAX_HELD) this.#end(key);
    for (const [key, { until }] of this.#watched) {
      if (this.#watched.size <= MAX && until > this.clock.now()) return;
      this.#end(key);
    }
  }
}

function keyOf(jid: BareJid, id: string): string {
  return `${jid} ${id}`;
}
