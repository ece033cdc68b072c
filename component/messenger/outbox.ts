/**
 * What is to be sent. One write for all that is sent in one turn of the event loop; back-pressure when the socket is full;
 * a limited wait while there is no stream.
 */
import type { Socket } from "node:net";
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";

export interface OutboxLimits {
  /** Stanzas that wait for the stream to come back, and how long each of them does (ms). */
  readonly waiting: number;
  readonly patience: number;
  /** Characters that may lie here and in the socket. */
  readonly unsent: number;
  /** How long the server may leave the socket full (ms). */
  readonly stall: number;
}

/** Settled when the socket has taken what it stands for. */
interface Taken {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
}

interface Letter {
  readonly text: string;
  readonly until: number;
  readonly taken: Taken;
}

export class Outbox {
  readonly #clock: Clock;
  readonly #limits: OutboxLimits;
  #socket: Socket | undefined;
  /** While there is no socket. */
  #waiting: Letter[] = [];
  #waitingSize = 0;
  #cancelWaiting: (() => void) | undefined;
  /** This turn's stanzas, and who waits until the socket has taken them. */
  #batch = "";
  #batchTaken: Taken | undefined;
  /** Written into a socket that is full. */
  #blocked: Taken[] = [];
  #cancelStall: (() => void) | undefined;
  #scheduled = false;
  /** Whether something was written since the last read. */
  #wrote = false;
  #acknowledging = false;

  /** Called when the socket is full, and when it is not any more. */
  onFull: (full: boolean) => void = () => {};

  constructor(clock: Clock, limits: OutboxLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Sends `text`, whole stanzas. Settles when the socket has taken it; rejects with Refusal "offline". The promise may be left alone:
   * a rejection that nobody hears is no error.
   */
  push(text: string): Promise<void> {
    if (!this.#socket) return this.#wait(text);
    if (this.#batch.length + this.#socket.writableLength + text.length > this.#limits.unsent) return refused();
    this.#batch += text;
    this.#batchTaken ??= newTaken();
    this.#schedule();
    return this.#batchTaken.promise;
  }

  /** From now on things go into this socket: first what has waited. */
  attach(socket: Socket): void {
    this.#socket = socket;
    socket.on("drain", () => this.#drained(socket));
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingSize = 0;
    this.#cancelWaiting?.();
    if (waiting.length === 0) return;
    this.#batch = waiting.map((letter) => letter.text).join("");
    this.#batchTaken = newTaken();
    this.#batchTaken.promise.then(
      () => waiting.forEach((letter) => letter.taken.resolve()),
      (e: Error) => waiting.forEach((letter) => letter.taken.reject(e)),
    );
    this.#schedule();
  }

  /** The socket is no more; what it had not taken is refused. */
  detach(): void {
    const lost = [...this.#blocked, ...(this.#batchTaken ? [this.#batchTaken] : [])];
    const wasFull = this.#blocked.length > 0;
    this.#socket = undefined;
    this.#batch = "";
    this.#batchTaken = undefined;
    this.#blocked = [];
    this.#cancelStall?.();
    for (const taken of lost) taken.reject(new Refusal("offline"));
    if (wasFull) this.onFull(false);
  }

  /** Refuses what waits. */
  end(why: Refusal): void {
    this.#cancelWaiting?.();
    this.#waitingSize = 0;
    for (const letter of this.#waiting.splice(0)) letter.taken.reject(why);
  }

  /** Writes now what would be written at the end of this turn. */
  flush(): void {
    this.#scheduled = false;
    const socket = this.#socket;
    const taken = this.#batchTaken;
    if (!socket || !taken) return;
    const roomy = socket.write(this.#batch);
    this.#wrote = true;
    this.#batch = "";
    this.#batchTaken = undefined;
    // A large write is beyond the high-water mark for a moment even when the kernel takes all of it at once.
    if (roomy || socket.writableLength === 0) return taken.resolve();
    this.#blocked.push(taken);
    if (this.#blocked.length > 1) return;
    this.#cancelStall = this.#clock.after(this.#limits.stall, () =>
      socket.destroy(new Error("the server takes nothing")),
    );
    this.onFull(true);
  }

  /**
   * To be called after each read. If nothing is written in this turn of the event loop, a space is: the server's next stanza may
   * be waiting in its kernel for our acknowledgement (Nagle's algorithm there, delayed acknowledgement here: 40 ms).
   */
  acknowledge(): void {
    this.#wrote = false;
    if (this.#acknowledging) return;
    this.#acknowledging = true;
    setImmediate(() => {
      this.#acknowledging = false;
      if (this.#socket && !this.#wrote && this.#socket.writableLength === 0) this.#socket.write(" ");
    });
  }

  /** What is answered while reading leaves as one write right after it; what settled promises send, as one write after them. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.flush());
  }

  #wait(text: string): Promise<void> {
    const { waiting, unsent } = this.#limits;
    if (this.#waiting.length >= waiting || this.#waitingSize + text.length > unsent) return refused();
    const letter = { text, until: this.#clock.now() + this.#limits.patience, taken: newTaken() };
    this.#waiting.push(letter);
    this.#waitingSize += text.length;
    if (this.#waiting.length === 1) this.#expire();
    return letter.taken.promise;
  }

  /** All have the same patience, so the first is the first to lose it. */
  #expire(): void {
    const now = this.#clock.now();
    let first: Letter | undefined;
    while ((first = this.#waiting[0]) && first.until <= now) {
      this.#waiting.shift();
      this.#waitingSize -= first.text.length;
      first.taken.reject(new Refusal("offline"));
    }
    this.#cancelWaiting = first && this.#clock.after(first.until - now, () => this.#expire());
  }

  #drained(socket: Socket): void {
    if (socket !== this.#socket || this.#blocked.length === 0) return;
    this.#cancelStall?.();
    for (const taken of this.#blocked.splice(0)) taken.resolve();
    this.onFull(false);
  }
}

function newTaken(): Taken {
  let resolve!: () => void;
  let reject!: (why: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

function refused(): Promise<void> {
  const { promise, reject } = newTaken();
  reject(new Refusal("offline"));
  return promise;
}
