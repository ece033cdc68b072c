/**
 * Blobs in any S3-compatible store. Small objects go as one PutObject when all of them is there, larger ones as multipart uploads: the
 * store shows neither before it is whole. Left out: presigned URLs, copies, server-side encryption settings (the bucket's own apply).
 */
import type { ListMultipartUploadsOutput } from "@aws-sdk/client-s3";
import type { BlobReader, BlobStore, BlobWriter, Span } from "../../control/ports.js";
import type { Log } from "../../lib/log.js";
import { checkKey, checkSpan, isKey } from "./key.js";
import { probe } from "./probe.js";
import {
  connectS3,
  SILENCE,
  isUnsupported,
  unlessMissing,
  s3Complaint,
  s3Refusal,
  type S3Clients,
  type S3Place,
} from "./s3-client.js";
import { openS3Reader } from "./s3-reader.js";
import { S3Writer } from "./s3-writer.js";

/** Unfinished objects that this process keeps for going on with, each with up to a part in memory: the oldest gives way. */
const MOST_RESTING = 3;

export class S3BlobStore implements BlobStore {
  readonly #place: S3Place;
  readonly #log: Log;
  readonly #silence: number;
  #clients: S3Clients | undefined;
  /** The writers of this process that have not ended: `remove` ends them too. */
  readonly #writers = new Map<string, S3Writer>();
  /** Those that have been set aside, oldest first. */
  readonly #resting = new Map<string, S3Writer>();

  /** `silence`: how long the store may keep us waiting for the next sign of life, in ms. */
  constructor(place: S3Place, log: Log, silence = SILENCE) {
    this.#place = place;
    this.#log = log;
    this.#silence = silence;
  }

  /** Rejects when the place is wrong; a store that is merely away is waited for by everyone who needs it. */
  async start(): Promise<void> {
    this.#clients = await connectS3(this.#place, this.#silence);
    try {
      await probe(this);
    } catch (cause) {
      const { sentence, away } = s3Complaint(cause, this.#place);
      if (!away) throw new Error(sentence, { cause });
      this.#log.warn({ err: cause }, sentence);
    }
  }

  async stop(): Promise<void> {
    this.#clients?.talk.destroy();
    this.#clients?.bodies.destroy();
  }

  async check(): Promise<void> {
    try {
      await probe(this);
    } catch (cause) {
      throw new Error(s3Complaint(cause, this.#place).sentence, { cause });
    }
  }

  async create(key: string, size?: number): Promise<BlobWriter> {
    checkKey(key);
    if (this.#writers.has(key)) throw new Error("a blob's key is used once");
    const writer = new S3Writer({
      s3: this.#s3.talk,
      object: this.#object(key),
      size,
      rested: () => this.#rest(key, writer),
      ended: () => {
        this.#writers.delete(key);
        this.#resting.delete(key);
      },
      log: this.#log,
    });
    this.#writers.set(key, writer);
    return writer;
  }

  /** Only what this process has set aside: an unfinished part lies nowhere else than in its memory. */
  async resume(key: string): Promise<BlobWriter | undefined> {
    checkKey(key);
    const writer = this.#resting.get(key);
    this.#resting.delete(key);
    writer?.wake();
    return writer;
  }

  async read(key: string, span?: Span, signal?: AbortSignal): Promise<BlobReader> {
    checkKey(key);
    signal?.throwIfAborted();
    if (span) checkSpan(span, Infinity);
    return openS3Reader({ s3: this.#s3.bodies, object: this.#object(key), silence: this.#silence }, span, signal);
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    const object = this.#object(key);
    await this.#writers.get(key)?.abort();
    try {
      // Uploads first: none of them can become an object after the object has gone.
      for await (const { Key, UploadId } of this.#uploads(object.Key)) {
        if (Key !== object.Key || UploadId === undefined) continue;
        await this.#s3.talk.abortMultipartUpload({ ...object, UploadId }).catch(unlessMissing);
      }
      await this.#s3.talk.deleteObject(object).catch(unlessMissing);
    } catch (e) {
      throw s3Refusal(e);
    }
  }

  async *keys(): AsyncIterable<string> {
    const { bucket: Bucket, prefix: Prefix } = this.#place;
    try {
      let ContinuationToken: string | undefined;
      do {
        const page = await this.#s3.talk.listObjectsV2({ Bucket, Prefix, ContinuationToken });
        for (const { Key } of page.Contents ?? []) yield* this.#keyOf(Key);
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
      for await (const { Key } of this.#uploads(Prefix)) yield* this.#keyOf(Key);
    } catch (e) {
      throw s3Refusal(e);
    }
  }

  /** The multipart uploads under way; none at a store that cannot say. */
  async *#uploads(Prefix: string): AsyncIterable<{ Key?: string | undefined; UploadId?: string | undefined }> {
    const { bucket: Bucket } = this.#place;
    let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (from) {
      try {
        const page: ListMultipartUploadsOutput = await this.#s3.talk.listMultipartUploads({ Bucket, Prefix, ...from });
        from = page.IsTruncated
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
          : undefined;
        yield* page.Uploads ?? [];
      } catch (e) {
        if (!isUnsupported(e)) throw e; // COMPAT: s3rver answers 405
        return;
      }
    }
  }

  #rest(key: string, writer: S3Writer): void {
    this.#resting.set(key, writer);
    const [oldest] = this.#resting;
    if (this.#resting.size <= MOST_RESTING || !oldest) return;
    this.#resting.delete(oldest[0]);
    void oldest[1].abort();
  }

  #object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#place.bucket, Key: this.#place.prefix + key };
  }

  *#keyOf(name: string | undefined): Iterable<string> {
    const key = name?.slice(this.#place.prefix.length);
    if (key !== undefined && isKey(key)) yield key;
  }

  get #s3(): S3Clients {
    if (!this.#clients) throw new Error("the store has not been started");
    return this.#clients;
  }
}
