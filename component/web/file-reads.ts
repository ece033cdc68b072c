/**
 * Reads of local files. Bytes that lie in memory are copied at once: sent to a thread for it, they would come back into another core's cache,
 * which costs a fifth of a download's processor time. Bytes that wait for a disk are read in the thread pool, because the whole program would
 * wait with them. Which it will be is not known before, so one read vouches for the next.
 */
import { read as readFd, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";

const inThread = promisify(readFd);

/** A piece takes less than a millisecond from memory, and longer from any disk. */
const QUICK_MS = 3;
/** How long a quick read vouches. */
const VOUCH_MS = 1_000;

/** What the time that reads took says of the next one. */
export class Warmth {
  #until = -Infinity;

  isWarm(now: number): boolean {
    return now < this.#until;
  }

  /** A read that ended at `now` took so long. */
  took(now: number, ms: number): void {
    this.#until = ms <= QUICK_MS ? now + VOUCH_MS : -Infinity;
  }
}

export class FileReads {
  readonly #warmth = new Warmth();

  /** Fills the beginning of `buffer` with up to `length` bytes from `at` on; answers how many. */
  async read(fd: number, buffer: Buffer, length: number, at: number): Promise<number> {
    const began = performance.now();
    const count = this.#warmth.isWarm(began)
      ? readSync(fd, buffer, 0, length, at)
      : (await inThread(fd, buffer, 0, length, at)).bytesRead;
    const now = performance.now();
    this.#warmth.took(now, now - began);
    return count;
  }
}
