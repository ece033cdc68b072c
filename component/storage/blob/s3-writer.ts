/**
 * Writes one object to S3 while it is hashed. What fits into one part is sent at the commit as one PutObject; more goes as a multipart
 * upload, some parts at once. Parts are gathered whole before they are sent, so that a failed one can be sent again by itself.
 *
 * Part n (from 0) has 16 MiB · 2^⌊n/1200⌋: S3's 10,000 parts suffice for its largest object (5 TiB). Memory for one transfer: 48 MiB up to
 * 18 GiB, 64 MiB up to 56 GiB, beyond that two parts. Measured on Swift: one PutObject of 16 MiB takes 0.7 of the time of two parts; parts
 * of 16 MiB are up to a third faster than of 8, and more than two at once win nothing.
 */
import type { S3 } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { TAIL, type BlobWriter } from "../../control/ports.js";
import type { Log } from "../../lib/log.js";
import { s3Refusal, unlessMissing } from "./s3-client.js";

export const PART = 16 * 2 ** 20;

/** Bytes of part `n`, counted from 0. */
export function partSize(n: number): number {
  return PART * 2 ** Math.floor(n / 1200);
}

/** How many parts of this size may be on their way at once, beside the one being filled. */
export function atOnce(bytes: number): number {
  return Math.min(2, Math.max(1, Math.floor((64 * 2 ** 20) / bytes) - 1));
}

/** How long one request of the cleaning up may take, in ms: whoever waits for the refusal waits for this too. */
const CLEAN_UP = 5_000;

export interface S3WriterOptions {
  readonly s3: S3;
  readonly object: { readonly Bucket: string; readonly Key: string };
  /** A hint. */
  readonly size: number | undefined;
  /** Called when it has been set aside. */
  readonly rested: () => void;
  /** Called once, when nothing more will come. */
  readonly ended: () => void;
  readonly log: Log;
}

interface Part {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
}

export class S3Writer implements BlobWriter {
  readonly #o: S3WriterOptions;
  readonly #hash = createHash("sha256");
  readonly #stop = new AbortController();
  #buffer: Buffer | undefined;
  #filled = 0;
  /** The end of the part that was sent last. */
  #sent: Buffer = Buffer.alloc(0);
  #written = 0;
  #upload: Promise<string> | undefined;
  readonly #parts: Promise<Part>[] = [];
  readonly #flights = new Set<Promise<void>>();
  readonly #spares: Buffer[] = [];
  #failure: Error | undefined;
  #committing: Promise<{ sha256: string; size: number }> | undefined;
  #aborting: Promise<void> | undefined;
  #resting = false;

  constructor(options: S3WriterOptions) {
    this.#o = options;
  }

  get written(): number {
    return this.#written;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#committing !== undefined || this.#resting) throw new Error("the writer has ended");
    this.#check();
    this.#hash.update(chunk);
    this.#written += chunk.length;
    for (let taken = 0; taken < chunk.length;) {
      const whole = partSize(this.#parts.length);
      // A full part goes only when more comes: one that turns out to be all there is goes as one PutObject.
      if (this.#filled === whole) {
        await this.#send();
        continue;
      }
      const room = this.#room(whole, chunk.length - taken);
      const n = Math.min(chunk.length - taken, room.length - this.#filled);
      room.set(chunk.subarray(taken, taken + n), this.#filled);
      this.#filled += n;
      taken += n;
    }
  }

  async tail(): Promise<Uint8Array> {
    const gathered = this.#buffer?.subarray(Math.max(0, this.#filled - TAIL), this.#filled) ?? Buffer.alloc(0);
    return Buffer.concat([this.#sent, gathered]).subarray(-TAIL);
  }

  commit(): Promise<{ sha256: string; size: number }> {
    this.#committing ??= this.#commit();
    return this.#committing;
  }

  /** What has not been sent stays in memory: parts may not be as small as what happens to be there. */
  async rest(): Promise<void> {
    if ((this.#committing ?? this.#aborting) !== undefined || this.#resting) throw new Error("the writer has ended");
    this.#resting = true;
    await Promise.all(this.#flights);
    this.#spares.length = 0;
    try {
      this.#check();
    } catch (e) {
      await this.abort();
      throw e;
    }
    this.#o.rested();
  }

  /** It may be gone on with. */
  wake(): void {
    this.#resting = false;
  }

  abort(): Promise<void> {
    this.#aborting ??= this.#abort();
    return this.#aborting;
  }

  async #commit(): Promise<{ sha256: string; size: number }> {
    if (this.#aborting !== undefined || this.#resting) throw new Error("the writer has ended");
    try {
      this.#check();
      if (this.#upload) await this.#complete(this.#upload);
      else await this.#put();
      await this.#verify();
    } catch (e) {
      const stopped = this.#stop.signal.aborted;
      this.#stop.abort();
      await this.#cleanUp(true);
      throw this.#failure ?? (stopped ? new Error("the writer has ended", { cause: e }) : s3Refusal(e));
    }
    this.#end();
    return { sha256: this.#hash.digest("hex"), size: this.#written };
  }

  /** One that is just being committed is stopped, and its commit cleans up after itself, unless it is too late. */
  async #abort(): Promise<void> {
    this.#stop.abort();
    if (this.#committing) await this.#committing.catch(() => undefined);
    else await this.#cleanUp(false);
  }

  async #put(): Promise<void> {
    const Body = this.#buffer?.subarray(0, this.#filled) ?? Buffer.alloc(0);
    await this.#o.s3.putObject({ ...this.#o.object, Body, ContentLength: Body.length }, this.#options);
  }

  async #complete(upload: Promise<string>): Promise<void> {
    if (this.#filled > 0) await this.#send();
    const MultipartUpload = { Parts: await Promise.all(this.#parts) };
    const request = { ...this.#o.object, UploadId: await upload, MultipartUpload };
    await this.#o.s3.completeMultipartUpload(request, this.#options).catch(async (e: unknown) => {
      // When only the answer was lost, the SDK's second try met an upload that was no more: the object is there.
      await this.#verify().catch(() => {
        throw e;
      });
    });
  }

  async #verify(): Promise<void> {
    const { ContentLength } = await this.#o.s3.headObject(this.#o.object, this.#options);
    if (ContentLength === this.#written) return;
    throw new Error(`the store has kept ${ContentLength} of ${this.#written} bytes`);
  }

  /** Puts the gathered part on its way as soon as there is a place for it. */
  async #send(): Promise<void> {
    const [full, size, n] = [this.#buffer!, this.#filled, this.#parts.length];
    this.#upload ??= this.#open();
    const UploadId = await this.#upload;
    while (this.#flights.size >= atOnce(size)) await Promise.race(this.#flights);
    this.#check();
    const request = {
      ...this.#o.object,
      UploadId,
      PartNumber: n + 1,
      Body: full.subarray(0, size),
      ContentLength: size,
    };
    const part = this.#o.s3
      .uploadPart(request, this.#options)
      .then(({ ETag }): Part => ({ ETag, PartNumber: request.PartNumber }));
    const flight = part.then(
      () => void this.#spares.push(full),
      (e: unknown) => void (this.#failure ??= s3Refusal(e)),
    );
    this.#flights.add(flight);
    void flight.then(() => this.#flights.delete(flight));
    this.#parts.push(part);
    this.#sent = Buffer.from(full.subarray(size - TAIL, size));
    this.#buffer = undefined;
    this.#filled = 0;
  }

  /** Not stopped by an abort: an upload whose id we never learn could not be removed. The client's time limits end it. */
  async #open(): Promise<string> {
    try {
      const { UploadId } = await this.#o.s3.createMultipartUpload(this.#o.object);
      if (UploadId === undefined) throw new Error("the store gave the upload no id");
      return UploadId;
    } catch (e) {
      throw (this.#failure ??= s3Refusal(e));
    }
  }

  /** The part being filled, with room for more. The first one grows as it is needed: touching fresh memory costs more than the copies. */
  #room(whole: number, coming: number): Buffer {
    const old = this.#buffer;
    if (old && this.#filled < old.length) return old;
    const first = this.#parts.length === 0;
    const enough = Math.max(2 * this.#filled, this.#filled + coming, 65_536);
    const wanted = first ? Math.min(whole, old ? enough : this.#o.size || enough) : whole;
    const spare = this.#spares.pop();
    this.#buffer = spare?.length === wanted ? spare : Buffer.allocUnsafeSlow(wanted);
    old?.copy(this.#buffer, 0, 0, this.#filled);
    return this.#buffer;
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
    if (this.#stop.signal.aborted) throw new Error("the writer has ended");
  }

  /** Removes what has been sent, as far as the store can be reached; `remove` does the rest later. Never rejects. */
  async #cleanUp(mayBeVisible: boolean): Promise<void> {
    const { s3, object, log } = this.#o;
    await Promise.all(this.#flights);
    const UploadId = await this.#upload?.catch(() => undefined);
    try {
      const soon = () => ({ abortSignal: AbortSignal.timeout(CLEAN_UP) });
      if (UploadId !== undefined) await s3.abortMultipartUpload({ ...object, UploadId }, soon()).catch(unlessMissing);
      if (mayBeVisible) await s3.deleteObject(object, soon()).catch(unlessMissing);
    } catch (err) {
      log.warn({ err }, "an unfinished blob stays until it is swept away");
    }
    this.#end();
  }

  #end(): void {
    this.#buffer = undefined;
    this.#spares.length = 0;
    this.#o.ended();
  }

  get #options(): { abortSignal: AbortSignal } {
    return { abortSignal: this.#stop.signal };
  }
}
