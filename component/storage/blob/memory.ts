/** Blobs in memory: for tests of what uses a store. The contract suite proves that it behaves like the others. */
import { createHash } from "node:crypto";
import { TAIL, type BlobReader, type BlobStore, type BlobWriter, type Span } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import { say } from "../../lib/said.js";
import { Growth } from "./growth.js";
import { checkKey, checkSpan } from "./key.js";
import { pourChunks } from "./pour.js";
import { probe } from "./probe.js";

const PIECE = 2 ** 16;

export class MemoryBlobStore implements BlobStore {
  /** Turn it to see what others do when the store is away or full. */
  trouble: "none" | "down" | "full" = "none";
  readonly #objects = new Map<string, Buffer>();
  readonly #writers = new Map<string, MemoryWriter>();
  readonly #resting = new Map<string, Buffer>();

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  check(): Promise<void> {
    return probe(this);
  }

  async create(key: string): Promise<BlobWriter> {
    checkKey(key);
    this.meet();
    if (this.#writers.has(key) || this.#resting.has(key) || this.#objects.has(key))
      throw new Error("a blob's key is used once");
    return this.#open(key);
  }

  async resume(key: string): Promise<BlobWriter | undefined> {
    checkKey(key);
    this.meet();
    await this.#writers.get(key)?.rest();
    const bytes = this.#resting.get(key) ?? this.#objects.get(key);
    if (!bytes) return undefined;
    this.#resting.delete(key);
    return this.#open(key, bytes);
  }

  #open(key: string, bytes?: Buffer): MemoryWriter {
    const writer = new MemoryWriter(this, bytes, (fate, all) => {
      this.#writers.delete(key);
      if (fate === "gone") this.#objects.delete(key);
      else (fate === "kept" ? this.#objects : this.#resting).set(key, all);
    });
    this.#writers.set(key, writer);
    return writer;
  }

  async read(key: string, span?: Span, signal?: AbortSignal): Promise<BlobReader> {
    checkKey(key);
    this.meet();
    signal?.throwIfAborted();
    const object = this.#objects.get(key);
    if (!object) throw new Refusal("not-found");
    return new MemoryReader(this, object, checkSpan(span, object.length), signal);
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    this.meet();
    await this.#writers.get(key)?.abort();
    this.#resting.delete(key);
    this.#objects.delete(key);
  }

  async *keys(): AsyncIterable<string> {
    this.meet();
    yield* new Set([...this.#objects.keys(), ...this.#resting.keys(), ...this.#writers.keys()]);
  }

  /** Throws when the store is away, or when it is full and something is `added`. */
  meet(added = 0): void {
    if (this.trouble === "down") throw new Refusal("storage-down");
    if (this.trouble === "full" && added > 0) throw new Refusal("disk-full", { name: say("that-file") });
  }
}

class MemoryWriter implements BlobWriter {
  written: number;
  readonly #store: MemoryBlobStore;
  readonly #end: (fate: "kept" | "resting" | "gone", bytes: Buffer) => void;
  readonly #chunks: Buffer[];
  readonly #growth = new Growth();
  #ended = false;

  constructor(
    store: MemoryBlobStore,
    bytes: Buffer | undefined,
    end: (fate: "kept" | "resting" | "gone", bytes: Buffer) => void,
  ) {
    this.#store = store;
    this.#chunks = bytes ? [bytes] : [];
    this.written = bytes?.length ?? 0;
    this.#end = end;
    this.#growth.reached(this.written);
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#ended) throw new Error("the writer has ended");
    this.#store.meet(chunk.length);
    this.#chunks.push(Buffer.from(chunk));
    this.written += chunk.length;
    this.#growth.reached(this.written);
  }

  async tail(): Promise<Uint8Array> {
    this.#store.meet();
    return Buffer.concat(this.#chunks).subarray(-TAIL);
  }

  async follow(span: Span, signal?: AbortSignal): Promise<BlobReader> {
    return new FollowingReader(this.#chunks, this.#growth, span, signal);
  }

  async commit(): Promise<{ sha256: string; size: number }> {
    const bytes = this.#finish("kept");
    return { sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length };
  }

  async rest(): Promise<void> {
    this.#finish("resting");
  }

  async abort(): Promise<void> {
    if (!this.#ended) this.#end("gone", Buffer.alloc(0));
    this.#ended = true;
    this.#growth.end();
  }

  #finish(fate: "kept" | "resting"): Buffer {
    if (this.#ended) throw new Error("the writer has ended");
    this.#ended = true;
    this.#growth.end();
    const bytes = Buffer.concat(this.#chunks);
    try {
      this.#store.meet();
    } catch (e) {
      this.#end("gone", bytes);
      throw e;
    }
    this.#end(fate, bytes);
    return bytes;
  }
}

class MemoryReader implements BlobReader {
  readonly size: number;
  readonly #store: MemoryBlobStore;
  readonly #object: Buffer;
  readonly #span: Span;
  readonly #signal: AbortSignal | undefined;
  #closed = false;

  constructor(store: MemoryBlobStore, object: Buffer, span: Span, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#object = object;
    this.size = object.length;
    this.#span = span;
    this.#signal = signal;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let at = this.#span.start; at < this.#span.end; at += PIECE) {
        this.#signal?.throwIfAborted();
        this.#store.meet();
        if (this.#closed) throw new Error("the reader is closed");
        yield Buffer.from(this.#object.subarray(at, Math.min(at + PIECE, this.#span.end)));
      }
    } finally {
      await this.close();
    }
  }

  pour(sink: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    return pourChunks(this, sink);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

/** Reads what a writer has taken, as it comes. */
class FollowingReader implements BlobReader {
  readonly #chunks: readonly Buffer[];
  readonly #growth: Growth;
  readonly #span: Span;
  readonly #signal: AbortSignal | undefined;
  #closed = false;

  constructor(chunks: readonly Buffer[], growth: Growth, span: Span, signal: AbortSignal | undefined) {
    this.#chunks = chunks;
    this.#growth = growth;
    this.#span = span;
    this.#signal = signal;
  }

  get size(): number {
    return this.#growth.landed;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const { start, end } = this.#span;
    for (let at = start; at < end;) {
      const landed = await this.#growth.beyond(at, this.#signal);
      if (this.#closed) throw new Error("the reader is closed");
      const piece = Buffer.concat(this.#chunks).subarray(at, Math.min(landed, end, at + PIECE));
      at += piece.length;
      yield piece;
    }
  }

  pour(sink: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    return pourChunks(this, sink);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
