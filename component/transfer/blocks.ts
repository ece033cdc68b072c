/**
 * Gathers the small chunks of a socket into large blocks. One block is with the sink while the next one fills; when both are
 * full, the caller waits. So reading and writing go on beside each other, in two blocks of memory however large the file.
 */
import type { Memory } from "./memory.js";

export class Blocks {
  /** Of one who has got a first byte: many wait for a name server, and for their turn. */
  private leave: (() => void) | undefined;
  private filling: Buffer | undefined;
  private spare: Buffer | undefined;
  private used = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly memory: Memory,
    private readonly sink: (block: Uint8Array) => Promise<void>,
  ) {}

  /** Takes a copy. Rejects with what the sink rejected. */
  async add(chunk: Uint8Array): Promise<void> {
    this.leave ??= this.memory.join();
    for (let at = 0; at < chunk.length;) {
      this.filling ??= this.memory.take();
      const part = chunk.subarray(at, at + this.filling.length - this.used);
      this.filling.set(part, this.used);
      this.used += part.length;
      at += part.length;
      if (this.used === this.filling.length) await this.handOver();
    }
  }

  /** Hands over the rest, and waits until the sink has taken all. */
  async flush(): Promise<void> {
    if (this.used > 0) await this.handOver();
    await this.writing;
  }

  /** Waits until the sink is at rest, however it ended, and gives the memory back. Nothing is added any more. */
  async rest(): Promise<void> {
    await this.writing.catch(() => undefined);
    for (const buffer of [this.filling, this.spare]) if (buffer) this.memory.give(buffer);
    this.filling = this.spare = undefined;
    this.leave?.();
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
