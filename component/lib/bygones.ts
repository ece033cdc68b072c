/** What is over and not forgotten yet: for `keep` ms, and up to `most` of it; what has been over longest goes first. */
import type { Clock } from "./clock.js";

export class Bygones {
  /** When each ended, in that order. */
  readonly #ends = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly keep: number,
    private readonly most: number,
  ) {}

  /** It is over now. The others are looked through. */
  add(key: string): void {
    const now = this.clock.now();
    this.#ends.delete(key);
    this.#ends.set(key, now);
    for (const [old, at] of this.#ends) {
      if (this.#ends.size <= this.most && now - at < this.keep) return;
      this.#ends.delete(old);
    }
  }

  has(key: string): boolean {
    return this.#ends.has(key);
  }

  forget(key: string): void {
    this.#ends.delete(key);
  }
}
