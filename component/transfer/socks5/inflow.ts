/**
 * What one stream receives, on its way through memory: one buffer is being filled while the one before is used. When both are full the
 * connection is not read, so that the peer waits.
 *
 * Reading goes on behind what has been handed out of a buffer, so a buffer is given back only when all of it has been filled and used.
 * Node asks for the next memory after each read and not when reading begins again: so after a full buffer comes the pad, whose bytes are
 * copied into the next buffer, and which takes no memory while a peer is silent.
 */
import type { Reader } from "./line.js";
import type { Memory } from "../memory.js";

const PAD = 256;

export class Inflow implements Reader {
  readonly #pad = Buffer.allocUnsafeSlow(PAD);
  readonly #memory: Memory;
  #buffer: Buffer | undefined;
  /** What lies between them in the buffer has not been handed out. */
  #from = 0;
  #to = 0;
  #used: Buffer | undefined;
  #left: number;

  /** No more than about `most` bytes are read. */
  constructor(memory: Memory, most: number) {
    this.#memory = memory;
    this.#left = most;
  }

  target(): Uint8Array {
    return this.#buffer && this.#readable
      ? this.#buffer.subarray(this.#to, this.#to + this.#left)
      : this.#pad.subarray(0, Math.max(1, this.#left));
  }

  came(n: number, memory: Uint8Array): boolean {
    this.#left -= n;
    if (memory.buffer !== this.#buffer?.buffer) {
      this.#buffer ??= this.#memory.take();
      this.#buffer.set(memory.subarray(0, n), this.#to);
    }
    this.#to += n;
    return this.#readable;
  }

  /** Bytes that can be taken. */
  get ready(): number {
    return this.#to - this.#from;
  }

  /** Whether there is no room for more until something is taken. */
  get full(): boolean {
    return this.#buffer !== undefined && !this.#readable;
  }

  /** All that is ready; what was taken before may be used again. When that was the rest of a full buffer, reading is to begin again. */
  take(): Uint8Array {
    this.#release();
    const buffer = this.#buffer!;
    const bytes = buffer.subarray(this.#from, this.#to);
    this.#from = this.#to;
    if (this.#to === buffer.length) {
      this.#used = buffer;
      this.#buffer = undefined;
      this.#from = this.#to = 0;
    }
    return bytes;
  }

  /** Gives all memory back. Nothing may be read any more. */
  end(): void {
    this.#release();
    if (this.#buffer) this.#memory.give(this.#buffer);
    this.#buffer = undefined;
    this.#left = this.#from = this.#to = 0;
  }

  get #readable(): boolean {
    return this.#left > 0 && (this.#buffer === undefined || this.#to < this.#buffer.length);
  }

  #release(): void {
    if (this.#used) this.#memory.give(this.#used);
    this.#used = undefined;
  }
}
