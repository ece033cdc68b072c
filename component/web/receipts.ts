/**
 * Whether a peer got what the system took for it. The system takes up to some MiB before the peer has read any, so a small file is "sent" to
 * a link scanner that opens and closes. What tells them apart: a peer that closes with bytes unread resets the connection (RFC 9293 §3.10.4);
 * one that has read them closes in order, or asks its next question, or just stays.
 */
import type { Socket } from "node:net";
import type { Clock } from "../lib/clock.js";

/** No reset for so long after the last byte: it arrived. What a system buffers is about as much as the line carries in a second or two. */
const QUIET_MS = 2_000;

export class Receipts {
  readonly #clock: Clock;
  readonly #waiting = new Map<Socket, (got: boolean) => void>();
  #stopping = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called before a response: its connection will be listened to until the peer has closed it too. */
  watch(socket: Socket): void {
    // At the end of a connection that is not kept, Node would close it at once, and never hear of a reset.
    socket.destroySoon = () => void socket.end();
  }

  /** To be asked when a response has been taken whole: whether the peer got it. */
  of(socket: Socket): Promise<boolean> {
    if (socket.destroyed) return Promise.resolve(!socket.errored);
    if (this.#stopping) socket.end();
    return new Promise((resolve) => {
      const settle = (got: boolean): void => {
        cancel();
        socket.off("close", onClose);
        this.#waiting.delete(socket);
        resolve(got);
      };
      const onClose = (hadError: boolean): void => settle(!hadError);
      const cancel = this.#clock.after(QUIET_MS, () => {
        if (socket.writableEnded) socket.destroy();
        settle(true);
      });
      socket.once("close", onClose);
      this.#waiting.set(socket, settle);
    });
  }

  /** The peer has sent its next request: it has read what came before. */
  asked(socket: Socket): void {
    this.#waiting.get(socket)?.(true);
  }

  /** From now on connections are not kept: the peers' answer to their end is the receipt. */
  stop(): void {
    this.#stopping = true;
    for (const socket of this.#waiting.keys()) socket.end();
  }
}
