/**
 * Blobs in a local folder. An object is written as tmp/KEY, made durable, and renamed to K/KEY (its first character: 64 folders, which file
 * systems find their way in with millions of files). A process that dies leaves the one or the other and nothing else; `remove` takes both.
 * Left out: a lock on the folder. Keys are random and used once, so several processes may share it.
 */
import { constants } from "node:fs";
import { mkdir, open, opendir, rename, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BlobReader, BlobStore, BlobWriter, Span } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import type { Log } from "../../lib/log.js";
import { Buffers } from "./buffers.js";
import { codeOf, diskRefusal } from "./disk-errors.js";
import { DiskReader, type Reading } from "./disk-reader.js";
import { DiskWriter, type Ending } from "./disk-writer.js";
import type { Growth } from "./growth.js";
import { checkKey, checkSpan, isKey } from "./key.js";
import { LocalFiles } from "./local-files.js";
import { probe } from "./probe.js";

/** What a key may begin with. */
const FIRST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export class DiskBlobStore implements BlobStore {
  readonly #root: string;
  readonly #log: Log;
  readonly #reading: Reading = { files: new LocalFiles(), buffers: new Buffers() };

  /** `root` is an absolute path. */
  constructor(root: string, log: Log) {
    this.#root = root;
    this.#log = log;
  }

  /** Makes the folder and tries it. Rejects with a sentence that says what is wrong. */
  async start(): Promise<void> {
    try {
      await mkdir(this.#root, { recursive: true, mode: 0o700 });
      // Each alone: made recursively, Node says ENOENT for whatever was in the way.
      await makeFolder(join(this.#root, "tmp"));
      for (const first of FIRST) await makeFolder(join(this.#root, first));
      await syncFolder(this.#root);
    } catch (cause) {
      throw new Error(this.#complaint(cause), { cause });
    }
    await this.check();
  }

  async stop(): Promise<void> {}

  async check(): Promise<void> {
    try {
      await probe(this);
    } catch (cause) {
      throw new Error(this.#complaint(cause), { cause });
    }
  }

  async create(key: string, size?: number): Promise<BlobWriter> {
    checkKey(key);
    try {
      const file = await open(this.#temporary(key), "wx", 0o600);
      return new DiskWriter(file, size, this.#ending(key));
    } catch (e) {
      if (codeOf(e) === "EEXIST") throw new Error("a blob's key is used once", { cause: e });
      throw diskRefusal(e);
    }
  }

  /** What a dead process left is written in order, so it is a beginning. After a loss of power that holds on file systems that grow a file no further than its data (ext4 as usual, XFS, Btrfs). */
  async resume(key: string): Promise<BlobWriter | undefined> {
    checkKey(key);
    try {
      const unfinished = await openAgain(this.#temporary(key));
      const file = unfinished ?? (await openAgain(this.#object(key)));
      if (!file) return undefined;
      const ending = this.#ending(key);
      const writer = new DiskWriter(file, undefined, unfinished ? ending : { ...ending, publish: async () => {} });
      try {
        await writer.takeUp();
      } catch (e) {
        await file.close();
        throw e;
      }
      return writer;
    } catch (e) {
      throw diskRefusal(e);
    }
  }

  async read(key: string, span?: Span, signal?: AbortSignal): Promise<BlobReader> {
    checkKey(key);
    signal?.throwIfAborted();
    try {
      const { files } = this.#reading;
      const file = await files.open(this.#object(key));
      try {
        return new DiskReader(file, checkSpan(span, file.size), this.#reading, signal);
      } catch (e) {
        await files.close(file.fd);
        throw e;
      }
    } catch (e) {
      throw codeOf(e) === "ENOENT" ? new Refusal("not-found", {}, { cause: e }) : diskRefusal(e);
    }
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    const object = this.#object(key);
    try {
      // In the order in which a commit moves it, or one that runs now could slip between the two.
      await forget(this.#temporary(key));
      if (await forget(object)) await syncFolder(dirname(object));
    } catch (e) {
      throw diskRefusal(e);
    }
  }

  async *keys(): AsyncIterable<string> {
    try {
      yield* keysIn(join(this.#root, "tmp"));
      for (const first of FIRST) yield* keysIn(join(this.#root, first));
    } catch (e) {
      throw diskRefusal(e);
    }
  }

  #ending(key: string): Ending {
    return {
      publish: () => this.#publish(key),
      follow: (growth, span, signal) => this.#follow(key, growth, span, signal),
      settle: (isPublished) => syncFolder(dirname(isPublished ? this.#object(key) : this.#temporary(key))),
      discard: () => this.remove(key),
      log: this.#log,
    };
  }

  /** The file stays the same under either name, and while it is open even without one. */
  async #follow(key: string, growth: Growth, span: Span, signal: AbortSignal | undefined): Promise<BlobReader> {
    const { files } = this.#reading;
    try {
      const file = await files.open(this.#temporary(key)).catch((e: unknown) => {
        if (codeOf(e) === "ENOENT") return files.open(this.#object(key));
        throw e;
      });
      return new DiskReader(file, span, this.#reading, signal, growth);
    } catch (e) {
      throw codeOf(e) === "ENOENT" ? new Refusal("not-found", {}, { cause: e }) : diskRefusal(e);
    }
  }

  async #publish(key: string): Promise<void> {
    try {
      await rename(this.#temporary(key), this.#object(key));
    } catch (e) {
      // The folder is there, so it is the temporary file that somebody has removed.
      throw codeOf(e) === "ENOENT" ? new Refusal("not-found", {}, { cause: e }) : e;
    }
  }

  #temporary(key: string): string {
    return join(this.#root, "tmp", key);
  }

  #object(key: string): string {
    return join(this.#root, key[0]!, key);
  }

  #complaint(thrown: unknown): string {
    const cause = thrown instanceof Refusal ? thrown.cause : thrown;
    const code = codeOf(cause);
    const where = `[storage] url: the folder ${this.#root}`;
    if (code === "EACCES" || code === "EPERM") return `${where} is not writable for the user that Restante runs as`;
    if (code === "EROFS") return `${where} is on a disk that is mounted read-only`;
    if (code === "ENOTDIR" || code === "EEXIST") return `${where} is no folder, or something in its path is none`;
    if (code === "ENOSPC" || code === "EDQUOT") return `${where} is on a disk that is full`;
    return `${where} does not work: ${(cause as Error).message}`;
  }
}

async function* keysIn(folder: string): AsyncIterable<string> {
  for await (const entry of await opendir(folder)) if (isKey(entry.name)) yield entry.name;
}

/** Opens the file for more; undefined when there is none. */
async function openAgain(path: string): Promise<FileHandle | undefined> {
  return open(path, constants.O_RDWR | constants.O_NOFOLLOW).catch((e: unknown) => {
    if (codeOf(e) === "ENOENT") return undefined;
    throw e;
  });
}

/** Makes the folder unless it is there. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((e: unknown) => {
    if (codeOf(e) !== "EEXIST") throw e;
  });
}

/** Removes the file; false when there is none. */
async function forget(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (e) {
    if (codeOf(e) === "ENOENT") return false;
    throw e;
  }
}

/** Makes what was made, renamed or removed in the folder survive the loss of power. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
