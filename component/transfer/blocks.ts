/**
 * Gathers the small chunks of a socket into large blocks. One block is with the sink while the next one fills; when both are
 * full, the caller waits. So reading and writing go on beside each other, in two blocks of memory however large the file.
 */

/** What two of make the memory of one transfer, in bytes. */
export const BLOCK = 256 * 1024;

export class Blocks {
  /** Not before there is anything to fill it with: many wait for a name server, or for a first byte. */
  private filling: Buffer | undefined;
  private spare: Buffer | undefined;
  private used = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly sink: (block: Uint8Array) => Promise<void>) {}

  /** Takes a copy. Rejects with what the sink rejected. */
  async add(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + BLOCK - this.used);
      this.filling ??= Buffer.allocUnsafeSlow(BLOCK);
      this.filling.set(part, this.used);
      this.used += part.length;
      at += part.length;
      if (this.used === BLOCK) await this.handOver();
    }
  }

  /** Hands over the rest, and waits until the sink has taken all. */
  async flush(): Promise<void> {
    if (this.used > 0) await this.handOver();
    await this.writing;
  }

  /** Waits until the sink is at rest, however it ended. */
  async rest(): Promise<void> {
    await this.writing.catch(() => undefined);
  }

  private async handOver(): Promise<void> {
    await this.writing;
    const full = this.filling!;
    const block = full.subarray(0, this.used);
    this.writing = this.sink(block);
    this.writing.catch(() => undefined); // seen by whoever waits for it next
    [this.filling, this.spare] = [this.spare, full];
    this.used = 0;
  }
}
