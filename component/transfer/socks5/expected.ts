/** Which streams somebody waits for (XEP-0065 §5.3.2: each has a hash for its address). Nobody gets any further than here without one. */
import { Counts } from "../../lib/counts.js";
import { Refusal } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import { isAddress } from "./wire.js";

interface Expectation<T> {
  readonly member: BareJid;
  readonly arrived: (stream: T, address: string) => void;
}

interface Waiting<T> extends Expectation<T> {
  /** Until it is given up, also when one of its addresses has been taken. */
  readonly lasts: boolean;
}

export class Expected<T> {
  readonly #waiting = new Map<string, Waiting<T>>();
  readonly #ofMember = new Counts<BareJid>();

  /** `each`: how many addresses a member may have at a time. */
  constructor(private readonly each: number) {}

  /** See `StreamHosts.expect`. Throws Refusal "too-many-transfers", or "stream-unreachable" when an address is another transfer's already. */
  add(addresses: readonly string[], expectation: Expectation<T>): () => void {
    const { member } = expectation;
    const own = new Set(addresses);
    const count = this.#ofMember.of(member);
    for (const address of own) {
      if (!isAddress(address)) throw new Error("the address of a stream is a SHA-1 in lower-case hex");
      if (this.#waiting.has(address)) throw new Refusal("stream-unreachable");
    }
    if (count + own.size > this.each) throw new Refusal("too-many-transfers", { count });
    const waiting = { ...expectation, lasts: true };
    for (const address of own) this.#waiting.set(address, waiting);
    this.#ofMember.add(member, own.size);
    return () => {
      waiting.lasts = false;
      for (const address of own) if (this.#waiting.get(address) === waiting) this.take(address);
    };
  }

  /** Whoever waits for it; from now on nobody does. */
  take(address: string): Waiting<T> | undefined {
    const found = this.#waiting.get(address);
    if (!found) return undefined;
    this.#waiting.delete(address);
    this.#ofMember.drop(found.member);
    return found;
  }

  clear(): void {
    this.#waiting.clear();
    this.#ofMember.clear();
  }
}
