/**
 * Writes one object to disk while it is hashed. Hashing runs here, writing in the thread pool, at the same time; an object of one write is
 * hashed there too, beside it. Small chunks are gathered into few large writes; large ones are written from where they lie, without a copy.
 * Memory: two buffers of 1 MiB at most, of 64 KiB where many come in at once.
 */
import { createHash, webcrypto } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { TAIL, type BlobReader, type BlobWriter, type Span } from "../../control/ports.js";
import type { Log } from "../../lib/log.js";
import { Buffers, LARGE, SMALL } from "./buffers.js";
import { diskRefusal } from "./disk-errors.js";
import { Growth } from "./growth.js";

/** A chunk of this size is worth a write of its own. */
const WHOLE_WRITE = 2 ** 18;
/** After so many bytes the disk is set to work while more come: then a commit has little left to wait for. More often would hold writes up. */
const AHEAD = 2 ** 28;

/** One such sync at a time in the whole process: each takes a thread, and there are few. */
let isSyncing = false;

/**
 * Writes are gathered up to one piece. Measured: below 512 KiB the thread pool's round trips show, above 1 MiB nothing is won.
 * Pieces are used again: made anew for each writer, they kept the garbage collector busy.
 */
const memory = new Buffers();

/** What the store does with the written file. */
export interface Ending {
  /** Gives it its name. */
  publish(): Promise<void>;
  /** Makes that name durable, or the one that it has before. */
  settle(isPublished: boolean): Promise<void>;
  /** Reads it while it grows, under whichever name. */
  follow(growth: Growth, span: Span, signal: AbortSignal | undefined): Promise<BlobReader>;
  /** Removes it, under whichever name. */
  discard(): Promise<void>;
  readonly log: Log;
}

export class DiskWriter implements BlobWriter {
  readonly #file: FileHandle;
  readonly #ending: Ending;
  readonly #announced: number;
  readonly #hash = createHash("sha256");
  readonly #growth = new Growth();
  /** While all of it is to fit into one write: its bytes so far, none of them hashed. */
  #whole: Buffer | undefined;
  #buffer: Buffer | undefined;
  #spare: Buffer | undefined;
  #filled = 0;
  #written = 0;
  #position = 0;
  /** The write that is under way; never rejects: its error is kept in #failure. */
  #flight: Promise<void> = Promise.resolve();
  /** The sync that is under way, likewise. */
  #sync: Promise<void> = Promise.resolve();
  #synced = 0;
  #failure: Error | undefined;
  #committing: Promise<{ sha256: string; size: number }> | undefined;
  #gone: Promise<void> | undefined;

  constructor(file: FileHandle, size: number | undefined, ending: Ending) {
    this.#file = file;
    this.#ending = ending;
    this.#announced = size ?? Infinity;
  }

  get written(): number {
    return this.#written;
  }

  /** Before anything else: goes on behind what the file holds already, which is hashed here. */
  async takeUp(): Promise<void> {
    const piece = memory.take(true);
    try {
      for (;;) {
        const { bytesRead } = await this.#file.read(piece, 0, piece.length, this.#position);
        if (bytesRead === 0) break;
        this.#hash.update(piece.subarray(0, bytesRead));
        this.#position += bytesRead;
      }
    } finally {
      memory.give(piece);
    }
    this.#written = this.#position;
    this.#growth.reached(this.#position);
  }

  async tail(): Promise<Uint8Array> {
    const bytes = Buffer.alloc(Math.min(TAIL, this.#position));
    try {
      const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, this.#position - bytes.length);
      return bytes.subarray(0, bytesRead);
    } catch (e) {
      throw diskRefusal(e);
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#committing ?? this.#gone) throw new Error("the writer has ended");
    const before = this.#written;
    this.#written += chunk.length;
    if (before === 0 && !this.#buffer && this.#announced > 0 && this.#announced <= LARGE) this.#takeWhole();
    if (this.#whole && this.#written > this.#announced) {
      // What was announced was wrong.
      this.#hash.update(this.#whole.subarray(0, before));
      // It may be on its way to the disk: the other buffer is that, too.
      if (this.#buffer !== this.#whole && isPiece(this.#whole)) this.#spare = this.#whole;
      this.#whole = undefined;
    }
    if (!this.#whole && chunk.length >= WHOLE_WRITE) {
      await this.#flush();
      await this.#begin(chunk);
      this.#hash.update(chunk);
      return this.#landed();
    }
    if (!this.#whole) this.#hash.update(chunk);
    for (let taken = 0; taken < chunk.length;) {
      this.#buffer ??= memory.take(true);
      const room = this.#whole ? this.#announced : this.#buffer.length;
      const n = Math.min(chunk.length - taken, room - this.#filled);
      this.#buffer.set(n === chunk.length ? chunk : chunk.subarray(taken, taken + n), this.#filled);
      this.#filled += n;
      taken += n;
      if (this.#filled === room) await this.#flush();
    }
  }

  commit(): Promise<{ sha256: string; size: number }> {
    this.#committing ??= this.#commit();
    return this.#committing;
  }

  follow(span: Span, signal?: AbortSignal): Promise<BlobReader> {
    return this.#ending.follow(this.#growth, span, signal);
  }

  async rest(): Promise<void> {
    if (this.#committing ?? this.#gone) throw new Error("the writer has ended");
    try {
      await this.#settle();
      await this.#ending.settle(false);
    } catch (e) {
      await this.#giveUp();
      throw diskRefusal(e);
    }
    this.#growth.end();
    this.#gone ??= this.#file.close();
    await this.#gone;
    this.#letGo();
  }

  /** One that is just being committed is left to its commit, which cleans up after itself. */
  async abort(): Promise<void> {
    if (this.#committing) await this.#committing.catch(() => undefined);
    else await this.#giveUp();
  }

  async #commit(): Promise<{ sha256: string; size: number }> {
    const whole = this.#whole && webcrypto.subtle.digest("SHA-256", this.#whole.subarray(0, this.#written));
    try {
      await this.#write();
      // The name first, then it and the bytes at the same time: that is one commit of the file system's journal, where any other order makes two.
      await this.#ending.publish();
      const [bytes, name] = await Promise.allSettled([this.#file.datasync(), this.#ending.settle(true)]);
      for (const done of [bytes, name]) if (done.status === "rejected") throw done.reason;
      await this.#file.close();
    } catch (e) {
      await this.#giveUp();
      throw diskRefusal(e);
    }
    this.#growth.end();
    const sha256 = whole ? Buffer.from(await whole).toString("hex") : this.#hash.digest("hex");
    this.#letGo();
    return { sha256, size: this.#written };
  }

  /** All bytes on the disk. An error that an earlier sync has met is not told again by the system: it is kept. */
  async #settle(): Promise<void> {
    await this.#write();
    await this.#file.datasync();
  }

  /** All bytes handed to the system. */
  async #write(): Promise<void> {
    await this.#flush();
    await this.#landed();
    await this.#sync;
    if (this.#failure) throw this.#failure;
  }

  #giveUp(): Promise<void> {
    this.#gone ??= this.#discard();
    return this.#gone;
  }

  async #discard(): Promise<void> {
    this.#growth.end();
    await this.#flight;
    await this.#sync;
    this.#letGo();
    try {
      await this.#file.close().finally(() => this.#ending.discard());
    } catch (err) {
      this.#ending.log.warn({ err }, "an unfinished blob stays until it is swept away");
    }
  }

  /** Of the memory. Nothing is written or hashed any more. */
  #letGo(): void {
    for (const buffer of new Set([this.#whole, this.#buffer, this.#spare]))
      if (buffer && isPiece(buffer)) memory.give(buffer);
    this.#whole = this.#buffer = this.#spare = undefined;
  }

  /** Memory for all of it, as far as there is any. */
  #takeWhole(): void {
    this.#buffer = this.#announced < SMALL ? Buffer.allocUnsafeSlow(this.#announced) : memory.take(true);
    if (this.#buffer.length >= this.#announced) this.#whole = this.#buffer;
  }

  /** Hands the gathered bytes over; the other buffer is filled next. */
  async #flush(): Promise<void> {
    if (!this.#buffer || this.#filled === 0) return;
    const full = this.#buffer;
    await this.#begin(full.subarray(0, this.#filled));
    [this.#buffer, this.#spare] = [this.#spare, isPiece(full) && full !== this.#whole ? full : undefined];
    this.#filled = 0;
  }

  /** Begins to write the bytes as soon as the write before has ended. */
  async #begin(bytes: Uint8Array): Promise<void> {
    await this.#landed();
    const at = this.#position;
    this.#position += bytes.length;
    this.#flight = this.#put(bytes, at).then(() => this.#syncAhead(), this.#fail);
  }

  readonly #fail = (e: unknown): void => {
    this.#failure ??= diskRefusal(e);
  };

  #syncAhead(): void {
    if (isSyncing || this.#position - this.#synced < AHEAD) return;
    isSyncing = true;
    this.#synced = this.#position;
    this.#sync = this.#file
      .datasync()
      .catch(this.#fail)
      .finally(() => (isSyncing = false));
  }

  async #landed(): Promise<void> {
    await this.#flight;
    if (this.#failure) throw this.#failure;
    if (this.#gone) throw new Error("the writer has ended");
  }

  async #put(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at + done);
      done += bytesWritten;
      this.#growth.reached(at + done);
    }
  }
}

/** Whether it is one of those that are used again. */
function isPiece({ length }: Buffer): boolean {
  return length === LARGE || length === SMALL;
}
