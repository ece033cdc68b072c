/**
 * Reads of local files. Bytes that lie in memory are copied at once: sent to a thread for it, they would come back into another core's cache,
 * which costs a fifth of a download's processor time. Bytes that wait for a disk are read in the thread pool, because the whole program would
 * wait with them. Which it will be is not known before, so one read vouches for the next.
 */
import { read as readFd, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";

const inThread = promisify(readFd);

/** How long a read from memory vouches, ms. */
const VOUCH_MS = 1_000;

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

export class FileReads {
  readonly #warmth = new Warmth();

  /** Fills the beginning of `buffer` with up to `length` bytes from `at` on; answers how many. */
  async read(fd: number, buffer: Buffer, length: number, at: number): Promise<number> {
    const before = blocksRead();
    const count = this.#warmth.isWarm(performance.now())
      ? readSync(fd, buffer, 0, length, at)
      : (await inThread(fd, buffer, 0, length, at)).bytesRead;
    this.#warmth.read(performance.now(), blocksRead() - before);
    return count;
  }
}

/** What this process has had read from disks: unlike time, it does not mistake a busy machine for a slow disk (getrusage, ru_inblock). */
const blocksRead = (): number => process.resourceUsage().fsRead;
