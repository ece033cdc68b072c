/** Bytes to be read, in pieces, as a store gives them: each piece's memory is used again for the next one. */
import type { BlobReader } from "../../component/control/ports.js";

const PIECE = 65_536;

/** So many bytes of no meaning. */
export function pieces(size: number): Uint8Array[] {
  const piece = Buffer.alloc(PIECE, "no plague here, ");
  const all: Uint8Array[] = Array.from({ length: Math.floor(size / PIECE) }, () => piece);
  return size % PIECE ? [...all, piece.subarray(0, size % PIECE)] : all;
}

export interface WatchedReader extends BlobReader {
  /** Bytes that somebody has taken. */
  readonly read: number;
  readonly closed: boolean;
}

/** `before`: waited for before each piece, told how many bytes have been read. */
export function readerOver(
  chunks: readonly Uint8Array[],
  before?: (read: number) => Promise<void> | undefined,
): WatchedReader {
  // prettier-ignore
  let read = 0;
  let closed = false;
  return {
    size: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    get read() {
      return read;
    },
    get closed() {
      return closed;
    },
    async pour(sink) {
      const memory = Buffer.alloc(PIECE);
      for (const chunk of chunks) {
        await before?.(read);
        memory.set(chunk);
        await sink(memory.subarray(0, chunk.length));
        memory.fill(0);
        read += chunk.length;
      }
      closed = true;
    },
    async close() {
      closed = true;
    },
    async *[Symbol.asyncIterator]() {
      yield* chunks;
    },
  };
}
