/** Where bytes are kept. */
import type { Span } from "../values.js";

/**
 * Keeps blobs. Contract (`test/contracts/blobstore.ts` runs it over every implementation):
 * no object is visible before `commit` has answered; after it has answered the bytes survive the loss of power;
 * `abort`, a crash, or a `remove` at any time leaves nothing behind once `remove(key)` has run.
 * A full disk is Refusal "disk-full", a store that does not answer "storage-down".
 */
export interface BlobStore {
  /** Opens a new object. A key is used once: what an earlier attempt left is removed first. `size` in bytes when known is a hint: more or fewer may come. */
  create(key: string, size?: number): Promise<BlobWriter>;
  /**
   * Goes on with an object that was set aside, or that a process left behind when it died, be it committed or not: what is there has been
   * hashed again when it answers, and is `written`. Undefined when nothing is there, or the store cannot go on with it. Only for a key that
   * nobody else has in hand.
   */
  resume(key: string): Promise<BlobWriter | undefined>;
  /** The bytes of `span` (all, when absent). Rejects with Refusal "not-found" when there is no such object, with RangeError when `span` lies outside it. The chunks are not used again by the store. */
  read(key: string, span?: Span, signal?: AbortSignal): Promise<BlobReader>;
  /** Removes the object and anything unfinished under its key. No error when there is none. */
  remove(key: string): Promise<void>;
  /** Every key that has an object or something unfinished, for tests; unordered. */
  keys(): AsyncIterable<string>;
  /** Writes, reads and removes a probe. Rejects with what is wrong. */
  check(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface BlobWriter {
  /** Takes the chunk for its own until the promise settles: then the caller may use the memory again. One call at a time. */
  write(chunk: Uint8Array): Promise<void>;
  /** Bytes taken so far. */
  readonly written: number;
  /** The last bytes of what is here: `TAIL` of them, or all when there are fewer. Only of one that has been resumed, before its first write. */
  tail(): Promise<Uint8Array>;
  /** Makes it durable and visible. `sha256` is computed beside the writing. */
  commit(): Promise<{ sha256: string; size: number }>;
  /** Sets it aside for `resume`: resolves when what was taken lies as durably as the store can keep what is unfinished. It is of no more use then. */
  rest(): Promise<void>;
  /** Gives it up. Never rejects. */
  abort(): Promise<void>;
  /**
   * Reads `span` of what is being written, up to what has been taken so far and then as it comes; the writer never waits for it. Its `size` is
   * that of what is there so far. It goes on over the commit; should the object end short of the span, or be given up or set aside, it ends
   * with Refusal "stream-cut". Absent where the store cannot.
   */
  follow?(span: Span, signal?: AbortSignal): Promise<BlobReader>;
}

export interface BlobReader extends AsyncIterable<Uint8Array> {
  /** Bytes of the whole object. */
  readonly size: number;
  /**
   * Hands every byte to `sink`, in order, in memory that is the reader's again when the sink's promise settles; then closes. The fast way:
   * iterating allocates. Rejects with what the store says, or with what `sink` throws.
   */
  pour(sink: (chunk: Uint8Array) => Promise<void>): Promise<void>;
  /** Idempotent. Iterating or pouring to the end, or breaking off, closes too. */
  close(): Promise<void>;
}
