/** Moves stored bytes into one HTTP response, no faster than the peer takes them. */
import type { ServerResponse } from "node:http";
import type { BlobReader, Span } from "../control/ports.js";

/** The connection ended before the response did. */
export class Cut extends Error {
  constructor() {
    super("the connection ended");
  }
}

/** The body of one response: what has been given to its socket, and a promise for each piece. One call at a time. */
export class Body {
  readonly #response: ServerResponse;
  readonly #length: number;
  readonly #beforeLast: () => Promise<void>;
  #fail: ((cut: Cut) => void) | undefined;
  /** Bytes given to the socket. The peer cannot have more; the last piece may not have left. */
  given = 0;

  /** `length`: its Content-Length. `beforeLast` is waited for before the piece that fills it. */
  constructor(response: ServerResponse, length: number, beforeLast: () => Promise<void>) {
    this.#response = response;
    this.#length = length;
    this.#beforeLast = beforeLast;
    response.once("close", () => this.#fail?.(new Cut()));
  }

  /**
   * Resolves when the system has taken all of it: then the memory may be used again. Rejects with {@link Cut}. The response ends
   * in the same moment as the piece that fills the length has been taken: a client that has read so much may close at once, and that is no cut.
   */
  async write(piece: Uint8Array): Promise<void> {
    if (this.given + piece.length >= this.#length) await this.#beforeLast();
    this.given += piece.length;
    return new Promise((resolve, reject) => {
      const response = this.#response;
      const { socket } = response;
      if (!socket || socket.destroyed) return reject(new Cut());
      this.#fail = reject;
      const done = (error?: Error | null): void => {
        this.#fail = undefined;
        // A write that the end of the connection cancels is called back without an error.
        if (error || socket.destroyed) reject(new Cut());
        else resolve();
      };
      if (this.given < this.#length) return void response.write(piece, done);
      // Not by end(piece): what has been ended counts as idle, and a server that is closed destroys what is idle, with all that it has not sent.
      response.write(piece, (error) => {
        response.end();
        done(error);
      });
    });
  }
}

/** Sends the bytes of `span` from a reader that was opened for it. Rejects with {@link Cut}, or with what the store says. */
export async function sendSpan(body: Body, reader: BlobReader, { start, end }: Span): Promise<void> {
  let at = start;
  await reader.pour((chunk) => {
    at += chunk.length;
    if (at > end) throw new Error("the store sent more than it was asked for");
    return body.write(chunk);
  });
  if (at < end) throw new Error(`the stored bytes end at ${at}, before their record does`);
}
