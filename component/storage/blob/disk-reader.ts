/** Reads a span of one file in large pieces, the next one being read while the last one is used. */
import type { FileHandle } from "node:fs/promises";
import type { BlobReader, Span } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import { diskRefusal } from "./disk-errors.js";

const PIECE = 2 ** 18;

export class DiskReader implements BlobReader {
  readonly size: number;
  readonly fd: number;
  readonly #file: FileHandle;
  readonly #span: Span;
  readonly #signal: AbortSignal | undefined;
  #closing: Promise<void> | undefined;

  /** `span` lies within `size`. */
  constructor(file: FileHandle, size: number, span: Span, signal: AbortSignal | undefined) {
    this.#file = file;
    this.fd = file.fd;
    this.size = size;
    this.#span = span;
    this.#signal = signal;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      let { start } = this.#span;
      let next = this.#piece(start);
      for (;;) {
        const piece = await next;
        this.#signal?.throwIfAborted();
        if (!piece) return;
        start += piece.length;
        next = this.#piece(start);
        next.catch(() => undefined); // it is met at the next turn, or nobody wants it any more
        yield piece;
      }
    } catch (e) {
      throw diskRefusal(e);
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#file.close(); // waits for a read that is under way
    return this.#closing;
  }

  /** Up to one piece from `at` on; undefined at the span's end. */
  async #piece(at: number): Promise<Uint8Array | undefined> {
    const wanted = Math.min(PIECE, this.#span.end - at);
    if (wanted === 0) return undefined;
    // allocUnsafe's pool is for pieces far smaller than ours: each is its reader's own.
    const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at);
    if (bytesRead === 0) throw new Refusal("storage-down", {}, { cause: new Error("the blob's file ends too early") });
    return buffer.subarray(0, bytesRead);
  }
}
