/** A byte stream over a SOCKS5 connection whose handshake is over (XEP-0065 §6.3.3): plain TCP from here on. */
import type { ByteStream } from "../../control/ports.js";
import { pause, type Clock } from "../../lib/clock.js";
import { Refusal } from "../../lib/errors.js";
import { say, size } from "../../lib/said.js";
import { Inflow } from "./inflow.js";
import type { Line } from "./line.js";
import type { Memory } from "../memory.js";
import { unacknowledged } from "./unacknowledged.js";

export interface StreamLimits {
  /** ms without a byte moving, after which a stream is cut. */
  readonly idle: number;
  /** ms that a peer who has all bytes is given to close before us. */
  readonly quiet: number;
}

/** Pieces in which bytes are written: one of them has to move within the time limit. */
const PIECE = 2 ** 18;
/** After so many bytes that went at once the others have their turn. */
const TURN = 2 ** 20;

export class SocksStream implements ByteStream {
  readonly kind = "socks5";
  readonly #line: Line;
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #limits: StreamLimits;
  #sinceTurn = 0;

  /** The line is paused. */
  constructor(line: Line, { memory, clock, limits }: { memory: Memory; clock: Clock; limits: StreamLimits }) {
    this.#line = line;
    this.#memory = memory;
    this.#clock = clock;
    this.#limits = limits;
  }

  async receive(most: number, sink: (chunk: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<number> {
    const line = this.#line;
    // One byte more may be read, to see whether it is there.
    const inflow = new Inflow(this.#memory, most + 1);
    const leave = this.#memory.join();
    const stop = (): void => line.close();
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      let got = 0;
      if (most > 0) line.hand(inflow);
      while (got < most && (await this.#arrived(inflow))) {
        signal.throwIfAborted();
        const chunk = inflow.take();
        got += chunk.length;
        if (got > most) break;
        line.resume();
        await sink(chunk);
      }
      // Whether there is more is known when the system has been asked once again.
      for (let turns = 0; got === most && inflow.ready === 0 && turns < 2; turns++) await turn();
      if (got + inflow.ready > most) throw new Refusal("larger-than-said", { name: say("the-file"), size: size(most) });
      line.deafen();
      return got;
    } catch (e) {
      line.close(); // before its memory goes to others
      signal.throwIfAborted();
      throw e;
    } finally {
      signal.removeEventListener("abort", stop);
      inflow.end();
      leave();
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE);
      await this.#line.write(piece, this.#limits.idle).catch(cut);
      this.#sinceTurn += piece.length;
      if (this.#sinceTurn < TURN) continue;
      this.#sinceTurn = 0;
      await turn();
    }
  }

  /**
   * The peer has it all when his system has acknowledged everything and he has closed in order, or says nothing against it for a moment:
   * one who dies with bytes unread resets the connection.
   */
  async end(): Promise<void> {
    const line = this.#line;
    const { localPort, remotePort } = line.socket;
    line.socket.end();
    line.hand({ target: () => NOWHERE, came: () => true }); // so that an end is seen, and closing does not take back what was sent
    let left: number | undefined;
    let since = this.#clock.now();
    for (let step = 20; ; step = Math.min(step * 2, 1000)) {
      const now = await unacknowledged(localPort, remotePort);
      if (line.failure) cut(line.failure);
      if (now !== left) [left, since] = [now, this.#clock.now()];
      const quiet = this.#clock.now() - since;
      if (!left && (line.ended || quiet >= this.#limits.quiet)) return;
      if (quiet >= this.#limits.idle) cut(new Error("the peer took nothing more"));
      if (line.ended) await pause(this.#clock, step);
      else await line.change(step);
    }
  }

  close(): void {
    this.#line.close();
  }

  /** Resolves with true when bytes are ready, with false when the peer has ended the stream. */
  async #arrived(inflow: Inflow): Promise<boolean> {
    const line = this.#line;
    while (inflow.ready === 0) {
      if (line.ended) return false;
      if (line.failure) cut(line.failure);
      if (!(await line.change(this.#limits.idle))) cut(new Error("the peer sent nothing more"));
    }
    // What the system has at this very moment comes along, so that the sink gets few large chunks.
    if (!inflow.full && !line.ended) await turn();
    return true;
  }
}

const NOWHERE = Buffer.allocUnsafeSlow(65_536);

function cut(cause: unknown): never {
  throw new Refusal("stream-cut", {}, { cause });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
