/**
 * Memory for bytes on their way: a few large pieces for those that run, small ones when those are taken and for readers who are slow.
 * So what all downloads hold together is limited, and what all uploads do: 32 MiB, and 64 KiB for each piece beyond the 32nd.
 */

export const LARGE = 1024 * 1024;
export const SMALL = 64 * 1024;
const MOST_LARGE = 32;

export class Buffers {
  readonly #large: Buffer[] = [];
  readonly #small: Buffer[] = [];
  #largeOut = 0;

  /** Memory of any former content. To be given back, once nobody reads or writes it. */
  take(large: boolean): Buffer {
    if (!large || this.#largeOut >= MOST_LARGE) return this.#small.pop() ?? Buffer.allocUnsafeSlow(SMALL);
    this.#largeOut++;
    // The one that was used last is still in the processor's cache.
    return this.#large.pop() ?? Buffer.allocUnsafeSlow(LARGE);
  }

  give(buffer: Buffer): void {
    const large = buffer.length === LARGE;
    if (large) this.#largeOut--;
    const free = large ? this.#large : this.#small;
    if (free.length < MOST_LARGE) free.push(buffer);
  }
}
