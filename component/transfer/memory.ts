/**
 * The memory into which streams are received, and links fetched. Few streams get large buffers, many get small ones: all that run at the same time get the
 * same, so that none overtakes the others. With two buffers each, sixteen streams hold 16 MiB, fifty 25 MiB, five hundred 64 MiB.
 */
const KIB = 1024;

/**
 * Up to so many streams have buffers of that size. Stores take 256 KiB and more without another copy. Writes of 1 MiB are no faster on
 * hardware, and cost six times the CPU on virtual machines that hand free memory back: Linux then takes it in blocks that its host has to
 * fetch anew each time.
 */
const SIZES: readonly { readonly streams: number; readonly size: number }[] = [
  { streams: 16, size: 512 * KIB },
  { streams: 128, size: 256 * KIB },
  { streams: Infinity, size: 64 * KIB },
];

/** What a stream uses at a time: one buffer is filled while the one before is used. */
const EACH = 2;

export class Memory {
  /** All of the size that is given out now. */
  #spare: Buffer[] = [];
  #streams = 0;

  /** One stream more takes memory, until the answer is called. */
  join(): () => void {
    this.#count(1);
    let joined = true;
    return () => {
      if (joined) this.#count(-1);
      joined = false;
    };
  }

  /** A buffer of any former content, alone in its ArrayBuffer. To be given back, once nobody reads or writes it. */
  take(): Buffer {
    // The one that was used last is still in the processor's cache.
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  give(buffer: Buffer): void {
    if (buffer.length === this.#size && this.#spare.length < this.#most) this.#spare.push(buffer);
  }

  get #size(): number {
    return SIZES.find(({ streams }) => this.#streams <= streams)!.size;
  }

  /** Some are kept for the stream that comes next. */
  get #most(): number {
    return EACH * Math.max(this.#streams, 2);
  }

  #count(change: 1 | -1): void {
    const before = this.#size;
    this.#streams += change;
    if (this.#size !== before) this.#spare = [];
    else this.#spare.length = Math.min(this.#spare.length, this.#most);
  }
}
