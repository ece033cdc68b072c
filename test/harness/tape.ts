/** A file of any size that nobody has to keep: the bytes at each place follow from a name, and look like noise. */
import { createCipheriv, createHash } from "node:crypto";

const BLOCK = 16;
const PIECE = 2 ** 20;

export class Tape {
  readonly #key: Buffer;

  constructor(
    readonly name: string,
    readonly size: number,
  ) {
    this.#key = createHash("sha256").update(name).digest().subarray(0, BLOCK);
  }

  /** The bytes from `start` (a multiple of 16) up to `end`. */
  read(start: number, end: number): Buffer {
    const counter = Buffer.alloc(BLOCK);
    counter.writeBigUInt64BE(BigInt(start / BLOCK), 8);
    return createCipheriv("aes-128-ctr", this.#key, counter).update(Buffer.alloc(end - start));
  }

  /** Pieces from anywhere on. */
  *from(start: number, end = this.size): Generator<Buffer> {
    for (let at = start; at < end;) {
      const aligned = at - (at % BLOCK);
      const stop = Math.min(end, aligned + PIECE);
      yield this.read(aligned, stop).subarray(at - aligned);
      at = stop;
    }
  }

  /** In lower-case hex. */
  sha256(): string {
    const hash = createHash("sha256");
    for (const piece of this.from(0)) hash.update(piece);
    return hash.digest("hex");
  }

  /** Whether `bytes` are what stands at `at`. */
  matches(bytes: Buffer, at: number): boolean {
    let place = at;
    for (const piece of this.from(at, at + bytes.length)) {
      if (piece.compare(bytes, place - at, place - at + piece.length) !== 0) return false;
      place += piece.length;
    }
    return true;
  }
}
