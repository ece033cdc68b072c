/** Reads a span of one file in large pieces: into memory that is used again, or, for whoever iterates, into memory of its own. */
import { performance } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import type { BlobReader, Span } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import type { Buffers } from "./buffers.js";
import { diskRefusal } from "./disk-errors.js";
import type { Growth } from "./growth.js";
import type { LocalFile, LocalFiles } from "./local-files.js";

const PIECE = 2 ** 18;
/** Whoever took longer than this for a piece is slow: the next one is small. */
const SLOW_MS = 250;

/** What all readers of a store share. */
export interface Reading {
  readonly files: LocalFiles;
  readonly buffers: Buffers;
}

export class DiskReader implements BlobReader {
  readonly size: number;
  readonly #fd: number;
  readonly #span: Span;
  readonly #reading: Reading;
  readonly #signal: AbortSignal | undefined;
  readonly #growth: Growth | undefined;
  /** The read that is under way. */
  #flight: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** `span` lies within the file, or will, when there is `growth`. */
  constructor({ fd, size }: LocalFile, span: Span, reading: Reading, signal?: AbortSignal, growth?: Growth) {
    this.size = size;
    this.#fd = fd;
    this.#span = span;
    this.#reading = reading;
    this.#signal = signal;
    this.#growth = growth;
  }

  /** The next piece is read while this one is used. */
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

  async pour(sink: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    const { buffers } = this.#reading;
    let isQuick = true;
    try {
      for (let at = this.#span.start; at < this.#span.end;) {
        // A sink as fast as we are would otherwise keep everybody else waiting for its whole file.
        if (at > this.#span.start) await turn();
        this.#signal?.throwIfAborted();
        const end = this.#growth ? await this.#grown(at) : this.#span.end; // before there is a buffer: it may take long
        const buffer = buffers.take(isQuick);
        try {
          const count = await this.#read(buffer, Math.min(buffer.length, end - at), at);
          const began = performance.now();
          await sink(buffer.subarray(0, count));
          isQuick = performance.now() - began < SLOW_MS;
          at += count;
        } finally {
          buffers.give(buffer);
        }
      }
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#flight.then(
      () => this.#reading.files.close(this.#fd),
      () => this.#reading.files.close(this.#fd),
    );
    return this.#closing;
  }

  /** Up to one piece from `at` on; undefined at the span's end. */
  async #piece(at: number): Promise<Uint8Array | undefined> {
    if (at === this.#span.end) return undefined;
    const end = this.#growth ? await this.#grown(at) : this.#span.end;
    const wanted = Math.min(PIECE, end - at);
    // allocUnsafe's pool is for pieces far smaller than ours: each is its reader's own.
    const buffer = Buffer.allocUnsafeSlow(wanted);
    return buffer.subarray(0, await this.#read(buffer, wanted, at));
  }

  async #grown(at: number): Promise<number> {
    return Math.min(await this.#growth!.beyond(at, this.#signal), this.#span.end);
  }

  async #read(buffer: Buffer, length: number, at: number): Promise<number> {
    if (this.#closing) throw new Error("the reader is closed");
    const read = this.#reading.files.read(this.#fd, buffer, length, at);
    this.#flight = read;
    const count = await read.catch((e: unknown) => {
      throw diskRefusal(e);
    });
    if (count === 0) throw new Refusal("storage-down", {}, { cause: new Error("the blob's file ends too early") });
    return count;
  }
}
