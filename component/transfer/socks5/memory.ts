/**
 * The memory into which streams are received. Few streams get large buffers, many get small ones: all that run at the same time get the
 * same, so that none overtakes the others, and together they hold less than 64 MiB (two buffers each), beyond 512 streams 128 KiB each.
 */
const KIB = 1024;

/** Up to so many streams have buffers of that size. Stores take 256 KiB and more without another copy. */
const SIZES: readonly { readonly streams: number; readonly size: number }[] = [
  { streams: 16, size: 1024 * KIB },
  { streams: 128, size: 256 * KIB },
  { streams: Infinity, size: 64 * KIB },
];

/** Bytes that are kept for the next streams when nobody uses them. */
const MOST_SPARE = 8 * 1024 * KIB;

export class Memory {
  readonly #spare: Buffer[] = [];
  #spareBytes = 0;
  #streams = 0;

  /** One stream more takes memory, until the answer is called. */
  join(): () => void {
    this.#streams++;
    let joined = true;
    return () => {
      if (joined) this.#streams--;
      joined = false;
    };
  }

  /** A buffer of any former content, alone in its ArrayBuffer. To be given back, once nobody reads or writes it. */
  take(): Buffer {
    const { size } = SIZES.find(({ streams }) => this.#streams <= streams)!;
    // The one that was used last is still in the processor's cache.
    const at = this.#spare.findLastIndex(({ length }) => length === size);
    if (at < 0) return Buffer.allocUnsafeSlow(size);
    this.#spareBytes -= size;
    return this.#spare.splice(at, 1)[0]!;
  }

  give(buffer: Buffer): void {
    if (this.#spareBytes + buffer.length > MOST_SPARE) return;
    this.#spare.push(buffer);
    this.#spareBytes += buffer.length;
  }
}
