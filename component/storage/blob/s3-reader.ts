/**
 * Reads a span of one object from S3. A body that is cut short (the store was restarted, it grew tired of a slow recipient) is asked for
 * again from where it stopped, as long as each attempt brings something.
 */
import type { GetObjectCommandOutput, S3 } from "@aws-sdk/client-s3";
import type { Readable } from "node:stream";
import type { BlobReader, Span } from "../../control/ports.js";
import { checkSpan } from "./key.js";
import { pourChunks } from "./pour.js";
import { isOutOfRange, s3Refusal } from "./s3-client.js";

export interface Source {
  readonly s3: S3;
  readonly object: { readonly Bucket: string; readonly Key: string };
  /** How long the next bytes may be waited for, in ms. */
  readonly silence: number;
}

interface Answer {
  readonly size: number;
  readonly body: Readable | undefined;
}

/** Asks for the bytes (all, when `span` is absent) and answers as soon as they begin to come. */
export async function openS3Reader(
  source: Source,
  span: Span | undefined,
  signal: AbortSignal | undefined,
): Promise<BlobReader> {
  const { s3, object, silence } = source;
  const ask = async (from: Span | undefined): Promise<Answer> => {
    try {
      if (from && from.start === from.end) {
        const { ContentLength } = await s3.headObject(object, signal && { abortSignal: signal });
        return { size: ContentLength ?? 0, body: undefined };
      }
      const request = from ? { ...object, Range: `bytes=${from.start}-${from.end - 1}` } : object;
      return answerOf(await s3.getObject(request, signal && { abortSignal: signal }), from);
    } catch (e) {
      signal?.throwIfAborted();
      if (isOutOfRange(e)) throw new RangeError("no such span", { cause: e });
      throw s3Refusal(e);
    }
  };
  const first = await ask(span);
  try {
    return new S3Reader(first, checkSpan(span, first.size), { ask, silence }, signal);
  } catch (e) {
    first.body?.destroy();
    throw e;
  }
}

function answerOf(output: GetObjectCommandOutput, from: Span | undefined): Answer {
  const body = output.Body as Readable;
  body.on("error", () => undefined); // whoever iterates it meets the error; nobody else needs it
  const total = from ? Number(/\/(\d+)$/.exec(output.ContentRange ?? "")?.[1] ?? NaN) : (output.ContentLength ?? NaN);
  if (Number.isSafeInteger(total)) return { size: total, body };
  body.destroy();
  throw new Error(from ? "the store does not answer with the range that was asked for" : "the store gives no length");
}

class S3Reader implements BlobReader {
  readonly size: number;
  readonly #span: Span;
  readonly #ask: (span: Span) => Promise<Answer>;
  readonly #silence: number;
  readonly #signal: AbortSignal | undefined;
  #body: Readable | undefined;
  #closed = false;

  constructor(
    first: Answer,
    span: Span,
    more: { readonly ask: (span: Span) => Promise<Answer>; readonly silence: number },
    signal: AbortSignal | undefined,
  ) {
    this.size = first.size;
    this.#body = first.body;
    this.#span = span;
    this.#ask = more.ask;
    this.#silence = more.silence;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    let { start: at } = this.#span;
    const { end } = this.#span;
    try {
      while (at < end) {
        const before = at;
        try {
          this.#body ??= (await this.#ask({ start: at, end })).body;
          for await (const chunk of unstalled(this.#body!, this.#silence)) {
            const wanted = chunk.subarray(0, end - at);
            at += wanted.length;
            yield wanted;
            if (wanted.length < chunk.length) return; // COMPAT: s3rver ends no range at byte 0
          }
          if (at < end) throw new Error(`the body ended ${end - at} bytes early`);
        } catch (e) {
          this.#signal?.throwIfAborted();
          if (this.#closed) throw new Error("the reader is closed", { cause: e });
          if (at === before) throw s3Refusal(e);
          this.#body?.destroy();
          this.#body = undefined;
        }
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
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#body?.destroy();
  }

  readonly #onAbort = (): void => void this.#body?.destroy();
}

/** The body's chunks; one that does not come in time is an error. The time in which nobody asks for one does not count. */
async function* unstalled(body: Readable, silence: number): AsyncGenerator<Uint8Array, void, void> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  for (;;) {
    const timer = setTimeout(() => body.destroy(new Error(`no bytes for ${silence} ms`)), silence);
    const result = await chunks.next().finally(() => clearTimeout(timer));
    if (result.done) return;
    yield result.value;
  }
}
