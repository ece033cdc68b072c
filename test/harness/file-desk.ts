/** A desk over real files, for tests of the web server alone: it says what the web server told it. */
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BlobReader, LinkDesk, OpenLink, Span } from "../../component/control/ports.js";
import { Refusal, type ErrorCode } from "../../component/lib/errors.js";
import { newToken } from "../../component/lib/ids.js";
import { Buffers } from "../../component/storage/blob/buffers.js";
import { DiskReader } from "../../component/storage/blob/disk-reader.js";
import { LocalFiles } from "../../component/storage/blob/local-files.js";
import { pourChunks } from "../../component/storage/blob/pour.js";

const reading = { files: new LocalFiles(), buffers: new Buffers() };

export interface DeskFile {
  readonly token: string;
  readonly content: Buffer;
  readonly sha256: string;
  /** What the web server reported, in order: "moving", or a span as "5-9" (half open). */
  readonly told: string[];
  /** Readers that have been opened and not been closed. */
  readers: number;
  /** Wait until so much has been told. */
  heard(count: number): Promise<string[]>;
}

interface Facts {
  name?: string;
  mediaType?: string;
  since?: number;
  /** Bytes as they come from a store far away: chunk by chunk. */
  far?: boolean;
}

export class FileDesk implements LinkDesk {
  readonly #folder: string;
  readonly #links = new Map<string, OpenLink>();
  readonly #refused = new Map<string, ErrorCode>();
  /** Thrown by the next read of bytes. */
  failure: Error | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(token: string): Promise<OpenLink> {
    const code = this.#refused.get(token);
    if (code) throw new Refusal(code);
    const link = this.#links.get(token);
    if (!link) throw new Refusal("not-found");
    return link;
  }

  /** A token that answers with this refusal. */
  refuse(code: ErrorCode): string {
    const { token } = newToken();
    this.#refused.set(token, code);
    return token;
  }

  /** Keeps these bytes (or so many random ones). */
  async keep(content: Buffer | number, facts: Facts = {}): Promise<DeskFile> {
    const bytes = typeof content === "number" ? randomBytes(content) : content;
    const { token, hash } = newToken();
    const path = join(this.#folder, hash);
    await writeFile(path, bytes);
    let wake: () => void = () => undefined;
    const told: string[] = [];
    const file: DeskFile = {
      token,
      content: bytes,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      told,
      readers: 0,
      async heard(count) {
        while (told.length < count) await new Promise<void>((resolve) => (wake = resolve));
        return told;
      },
    };
    const tell = (what: string): void => {
      told.push(what);
      wake();
    };
    this.#links.set(token, {
      name: facts.name ?? "file.bin",
      size: bytes.length,
      mediaType: facts.mediaType ?? "application/octet-stream",
      sha256: file.sha256,
      since: facts.since ?? Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      read: async (span) => {
        const { failure } = this;
        this.failure = undefined;
        if (failure instanceof Refusal) throw failure;
        const chunks = failure ? failing(bytes, failure) : pieces(bytes, span);
        const near = await reading.files.open(path);
        const reader = new DiskReader(near, span, reading, undefined);
        const pour: BlobReader["pour"] = facts.far || failure ? (sink) => pourChunks(chunks, sink) : (sink) => reader.pour(sink); // prettier-ignore
        file.readers++;
        let closed = false;
        const close = async (): Promise<void> => {
          if (!closed) file.readers--;
          closed = true;
          await reader.close();
        };
        return { size: bytes.length, pour, close, [Symbol.asyncIterator]: () => chunks };
      },
      moving: async () => tell("moving"),
      last: async () => undefined,
      served: async (span) => tell(`${span.start}-${span.end}`),
    });
    return file;
  }
}

async function* pieces(bytes: Buffer, { start, end }: Span): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += 16_000) yield bytes.subarray(at, Math.min(end, at + 16_000));
}

async function* failing(bytes: Buffer, failure: Error): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 1000);
  throw failure;
}
