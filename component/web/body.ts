/** Moves stored bytes into one HTTP response, no faster than the peer takes them. */
import type { ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import type { BlobReader, Span } from "../control/ports.js";
import type { Buffers } from "./buffers.js";
import type { FileReads } from "./file-reads.js";

/** A piece that took longer than this goes to a slow reader: the next one is small. */
const SLOW_MS = 250;

/** The connection ended before the response did. */
export class Cut extends Error {
  constructor() {
    super("the connection ended");
  }
}

/** The body of one response: what has been given to its socket, and a promise for each piece. One call at a time. */
export class Body {
  readonly #response: ServerResponse;
  readonly #length: number;
  readonly #beforeLast: () => Promise<void>;
  #fail: ((cut: Cut) => void) | undefined;
  /** Bytes given to the socket. The peer cannot have more; the last piece may not have left. */
  given = 0;

  /** `length`: its Content-Length. `beforeLast` is waited for before the piece that fills it. */
  constructor(response: ServerResponse, length: number, beforeLast: () => Promise<void>) {
    this.#response = response;
    this.#length = length;
    this.#beforeLast = beforeLast;
    response.once("close", () => this.#fail?.(new Cut()));
  }

  /**
   * Resolves when the system has taken all of it: then the memory may be used again. Rejects with {@link Cut}. The piece that fills the length
   * ends the response with it: a client that has read so much may close at once, and that is no cut.
   */
  async write(piece: Uint8Array): Promise<void> {
    if (this.given + piece.length >= this.#length) await this.#beforeLast();
    this.given += piece.length;
    return new Promise((resolve, reject) => {
      const response = this.#response;
      const { socket } = response;
      if (!socket || socket.destroyed) return reject(new Cut());
      this.#fail = reject;
      const done = (error?: Error | null): void => {
        this.#fail = undefined;
        // A write that the end of the connection cancels is called back without an error.
        if (error || socket.destroyed) reject(new Cut());
        else resolve();
      };
      if (this.given < this.#length) response.write(piece, done);
      else response.end(piece, done);
    });
  }
}

/** What all downloads share. */
export interface Shared {
  readonly buffers: Buffers;
  readonly reads: FileReads;
}

/** Sends the bytes of `span` from a reader that was opened for it. Rejects with {@link Cut}, or with what the store says. */
export function sendSpan(body: Body, reader: BlobReader, span: Span, shared: Shared): Promise<void> {
  return reader.fd === undefined ? fromChunks(body, reader, span) : fromFile(body, reader.fd, span, shared);
}

async function fromFile(body: Body, fd: number, span: Span, { buffers, reads }: Shared): Promise<void> {
  let quick = true;
  for (let at = span.start; at < span.end;) {
    // A peer as fast as we are would otherwise keep everybody else waiting for its whole file.
    if (at > span.start) await turn();
    const buffer = buffers.take(quick);
    try {
      const count = await reads.read(fd, buffer, Math.min(buffer.length, span.end - at), at);
      if (count === 0) throw short(at);
      const began = performance.now();
      await body.write(buffer.subarray(0, count));
      quick = performance.now() - began < SLOW_MS;
      at += count;
    } finally {
      buffers.give(buffer);
    }
  }
}

/** From a store far away: one chunk is on its way from it while the one before is on its way to the peer. */
async function fromChunks(body: Body, reader: BlobReader, span: Span): Promise<void> {
  let at = span.start;
  let taken = Promise.resolve();
  for await (const chunk of reader) {
    await taken;
    at += chunk.length;
    if (at > span.end) throw new Error("the store sent more than it was asked for");
    taken = body.write(chunk);
    taken.catch(() => undefined); // heard at the next await
  }
  await taken;
  if (at < span.end) throw short(at);
}

function short(at: number): Error {
  return new Error(`the stored bytes end at ${at}, before their record does`);
}
