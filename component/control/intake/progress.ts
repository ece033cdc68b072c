/** One line about a file on its way in that takes long enough for people to wonder. */
import type { Clock } from "../../lib/clock.js";
import type { ProgressLine } from "../ports.js";
import { ofProgress, say, type Word } from "../words.js";

/** Transfers shorter than this need no progress line. */
const QUIET_MS = 3_000;

/** Blocks come by the ten thousand in a second: not each of them is worth a sentence. */
const PACE_MS = 500;

/** The words for each state of the line. */
export interface ProgressWords {
  readonly begun: Word;
  readonly at: Word;
  /** Where the size is not known. */
  readonly some: Word;
  readonly done: Word;
  readonly ended: Word;
}

export const FETCHING: ProgressWords = {
  begun: "fetching",
  at: "fetching-at",
  some: "fetching-some",
  done: "fetched",
  ended: "fetch-ended",
};
export const RECEIVING: ProgressWords = {
  begun: "receiving",
  at: "receiving-at",
  some: "receiving-at",
  done: "received",
  ended: "receiving-ended",
};

export class Progress {
  readonly #line: ProgressLine;
  readonly #words: ProgressWords;
  /** What the file is called, as far as is known. */
  name: string;
  readonly #clock: Clock;
  readonly #began: number;
  #shown = false;
  #next: number;

  constructor(line: ProgressLine, words: ProgressWords, name: string, clock: Clock) {
    this.#line = line;
    this.#words = words;
    this.name = name;
    this.#clock = clock;
    this.#began = clock.now();
    this.#next = this.#began + QUIET_MS;
  }

  /** So many bytes are here. */
  at(got: number, size: number | undefined): void {
    const now = this.#clock.now();
    if (now < this.#next) return;
    this.#next = now + PACE_MS;
    const { begun, at, some } = this.#words;
    const word = !this.#shown ? begun : size ? at : some;
    this.#shown = true;
    this.#line.update(say(word, ofProgress(this.name, got, size, now - this.#began)));
  }

  /** The last word, where there was a first one. Never rejects. `size`: of what is kept; undefined: it is not. */
  async end(size: number | undefined): Promise<void> {
    if (!this.#shown) return;
    const ms = this.#clock.now() - this.#began;
    const word = size === undefined ? this.#words.ended : this.#words.done;
    await this.#line.end(say(word, ofProgress(this.name, size ?? 0, size, ms))).catch(() => undefined);
  }
}
