/**
 * Local files, opened and read without a thread where nothing would be waited for. Bytes that lie in memory are copied at once: sent to a
 * thread for it, they would come back into another core's cache, which costs a fifth of a download's processor time, and a small file's
 * opening and closing as much again. Bytes that wait for a disk are read in the thread pool, because the whole program would wait with them.
 * Which it will be is not known before, so one read vouches for what follows it.
 */
import {
  close as closeFd,
  closeSync,
  constants,
  fstat,
  fstatSync,
  open,
  openSync,
  read as readFd,
  readSync,
} from "node:fs";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";

const inThread = { open: promisify(open), stat: promisify(fstat), read: promisify(readFd), close: promisify(closeFd) };

/** How long a read from memory vouches, ms. */
const VOUCH_MS = 1_000;
/** The system is asked so often, ms: asking costs as much as reading 100 KiB. */
const ASK_MS = 10;
/** A link in the place of a file is nobody's file. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;

/** What became of reads, and what that says of the next one. */
export class Warmth {
  #until = -Infinity;

  isWarm(now: number): boolean {
    return now < this.#until;
  }

  /** A read has ended, and so many blocks came from disks meanwhile. */
  read(now: number, blocks: number): void {
    this.#until = blocks === 0 ? now + VOUCH_MS : -Infinity;
  }
}

export interface LocalFile {
  readonly fd: number;
  readonly size: number;
}

export class LocalFiles {
  readonly #warmth = new Warmth();
  #blocks = blocksRead();
  #asked = -Infinity;

  /** To be closed. */
  async open(path: string): Promise<LocalFile> {
    if (this.#isWarm()) {
      const fd = openSync(path, FLAGS);
      return { fd, size: fstatSync(fd).size };
    }
    const fd = await inThread.open(path, FLAGS);
    try {
      return { fd, size: (await inThread.stat(fd)).size };
    } catch (e) {
      await inThread.close(fd);
      throw e;
    }
  }

  /** Fills the beginning of `buffer` with up to `length` bytes from `at` on; answers how many. */
  async read(fd: number, buffer: Buffer, length: number, at: number): Promise<number> {
    const isWarm = this.#isWarm();
    const count = isWarm
      ? readSync(fd, buffer, 0, length, at)
      : (await inThread.read(fd, buffer, 0, length, at)).bytesRead;
    const now = performance.now();
    if (isWarm && now < this.#asked + ASK_MS) return count;
    const blocks = blocksRead();
    this.#warmth.read(now, blocks - this.#blocks);
    this.#blocks = blocks;
    this.#asked = now;
    return count;
  }

  /** Nobody may be reading it. */
  async close(fd: number): Promise<void> {
    if (this.#isWarm()) closeSync(fd);
    else await inThread.close(fd);
  }

  #isWarm(): boolean {
    return this.#warmth.isWarm(performance.now());
  }
}

/** What this process has had read from disks: unlike time, it does not mistake a busy machine for a slow disk (getrusage, ru_inblock). */
const blocksRead = (): number => process.resourceUsage().fsRead;
