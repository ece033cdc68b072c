/**
 * A TCP connection whose bytes are read straight into memory that we choose (Node's `onread`), which is three to four times as fast as its
 * streams. During the handshake that is a small pad of the connection's own; then a {@link Reader} takes over.
 */
import { connect, Socket, type OnReadOpts, type SocketConstructorOpts } from "node:net";
import type { Clock } from "../../lib/clock.js";
import type { Checked } from "../guard.js";
import { MOST_OF_HANDSHAKE } from "./wire.js";

/** Where bytes go. */
export interface Reader {
  /** Memory for the next read; never empty. It is asked for before the first read and after each, never when reading begins again. */
  target(): Uint8Array;
  /** The first `n` bytes of `memory` (what `target` gave last; at first a remainder of the pad) have come. False: read no more until `resume`. */
  came(n: number, memory: Uint8Array): boolean;
}

export class Line {
  readonly socket: Socket;
  readonly #pad = Buffer.allocUnsafeSlow(MOST_OF_HANDSHAKE);
  readonly #clock: Clock;
  #held = 0;
  #reader: Reader | undefined;
  #wake: (() => void) | undefined;
  #ended = false;
  #deaf = false;
  #failure: Error | undefined;

  /** A connection that a server has accepted with `pauseOnConnect` and `allowHalfOpen`; nobody may use `socket` afterwards. */
  static accepted(socket: Socket, clock: Clock): Line {
    return new Line(clock, (onread) => {
      // Node's servers cannot be told of `onread`, so the handle moves to a socket that has been: what Node does itself where it hands
      // sockets to other processes. Nothing has been read yet.
      const old = socket as unknown as { _handle: unknown };
      const handle = old._handle;
      old._handle = null;
      socket.destroy();
      return new Socket({ handle, onread, allowHalfOpen: true, pauseOnCreate: true } as SocketConstructorOpts);
    });
  }

  /** A connection to an address that has been checked. It is up when `change` has come and `failure` has not. */
  static dialled({ address, family }: Checked, port: number, clock: Clock): Line {
    return new Line(clock, (onread) => connect({ host: address, family, port, onread, allowHalfOpen: true }));
  }

  private constructor(clock: Clock, make: (onread: OnReadOpts) => Socket) {
    this.#clock = clock;
    this.socket = make({
      buffer: () => this.#reader?.target() ?? this.#pad.subarray(Math.min(this.#held, this.#pad.length - 1)),
      callback: (n, memory) => {
        const more = this.#reader ? this.#reader.came(n, memory) : this.#hold(memory.subarray(0, n));
        this.#stir();
        return more;
      },
    });
    this.socket
      .setNoDelay(true)
      .setKeepAlive(true, 30_000)
      .on("connect", () => this.#stir())
      .on("end", () => {
        this.#ended = true;
        this.#stir();
      })
      .on("error", (error) => this.#fail(error))
      .on("close", () => {
        if (!this.#ended) this.#fail(new Error("the connection was closed"));
      });
  }

  /** What has come and has not been taken, while there is no reader. */
  get held(): Uint8Array {
    return this.#pad.subarray(0, this.#held);
  }

  /** Drops the first `n` bytes that are held. */
  drop(n: number): void {
    this.#pad.copyWithin(0, n, this.#held);
    this.#held -= n;
  }

  /** The peer has sent its last byte. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Why it is broken, if it is. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Reads no more until `resume`. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    if (!this.#ended && !this.#failure && !this.#deaf) this.socket.resume();
  }

  /** Never reads again: the reader's memory goes to others. */
  deafen(): void {
    this.#deaf = true;
    this.socket.pause();
  }

  /** From now on bytes go to the reader; those that are held are its first. Only while paused. */
  hand(reader: Reader): void {
    const early = this.held;
    this.#reader = reader;
    this.#held = 0;
    if (this.#deaf) return;
    if (early.length === 0 || reader.came(early.length, early)) this.resume();
  }

  /** Resolves with true when something has happened, also an end or a failure; with false when nothing has for `ms`. One call at a time. */
  change(ms: number): Promise<boolean> {
    if (this.#failure) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, () => {
        this.#wake = undefined;
        resolve(false);
      });
      this.#wake = () => {
        cancel();
        resolve(true);
      };
    });
  }

  /** Resolves when the system has taken the bytes: until then they are read. Rejects when it cannot, or when they do not move for `ms`. */
  write(bytes: Uint8Array, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, () =>
        this.socket.destroy(new Error(`the peer took nothing for ${ms / 1000} seconds`)),
      );
      this.socket.write(bytes, (error) => {
        cancel();
        if (error) reject(this.#failure ?? error);
        else resolve();
      });
    });
  }

  /** Idempotent. */
  close(): void {
    this.socket.destroy();
  }

  /** Bytes of the pad have come. They lie where the end of the held ones was before something was dropped. */
  #hold(bytes: Uint8Array): boolean {
    this.#pad.set(bytes, this.#held);
    this.#held += bytes.length;
    return this.#held < this.#pad.length;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#stir();
  }

  #stir(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
