/** Limits on what one address and one connection may hold, so that no peer takes the place of all others. */
import type { EventEmitter } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Counts } from "../lib/counts.js";

export interface WebLimits {
  /** Connections at once. */
  readonly connections: number;
  /** Connections at once of one address. A proxy on this machine is no such address. */
  readonly perAddress: number;
  /** Requests that wait on one connection for the answers before theirs (HTTP/1.1 pipelining). */
  readonly pipelined: number;
  /** ms for a request's header to arrive whole. */
  readonly request: number;
  /** ms without one byte moving, while a response goes out. */
  readonly stalled: number;
  /** ms that a connection is kept for its next request. */
  readonly idle: number;
  /** ms that downloads may still take when the server stops. */
  readonly grace: number;
}

export const WEB_LIMITS: WebLimits = {
  connections: 1024,
  perAddress: 64,
  pipelined: 32,
  request: 15_000,
  stalled: 60_000,
  idle: 15_000,
  grace: 10_000,
};

/** Where a proxy of our own may speak from. Others of 127.0.0.0/8 count like everybody. */
export const OUR_PROXY: readonly string[] = ["127.0.0.1", "::1", "::ffff:127.0.0.1"];

/** Counts connections; one too many is closed without an answer. Answers how to close those on which nothing was asked: Node waits for them. */
export function limitConnections(server: Server, limits: WebLimits): () => void {
  server.maxConnections = limits.connections;
  const open = new Counts<string>();
  const unused = new Set<Socket>();
  server.on("request", (request: IncomingMessage) => unused.delete(request.socket));
  server.on("connection", (socket: Socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
    const address = socket.remoteAddress ?? "";
    if (OUR_PROXY.includes(address)) return;
    open.add(address);
    socket.once("close", () => open.drop(address));
    if (open.of(address) > limits.perAddress) socket.destroy();
  });
  return () => unused.forEach((socket) => socket.destroy());
}

/** Lets one request of a connection be worked on at a time: Node parses pipelined ones at once, and their answers would pile up. */
export class Pipeline {
  readonly #waiting = new WeakMap<Socket, number>();

  constructor(private readonly most: number) {}

  /** Resolves when the answers before this one have gone out: true, or false when the connection has ended. */
  async turn(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { socket } = request;
    if (response.socket) return true;
    const waiting = (this.#waiting.get(socket) ?? 0) + 1;
    this.#waiting.set(socket, waiting);
    if (waiting > this.most) socket.destroy();
    if (!socket.destroyed) await either(response, "socket", socket, "close");
    this.#waiting.set(socket, this.#waiting.get(socket)! - 1);
    return response.socket !== null;
  }
}

/** Until one of them has happened. An error of a connection is no reason to fail: its end follows. */
function either(one: EventEmitter, event: string, other: EventEmitter, otherEvent: string): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      one.off(event, done);
      other.off(otherEvent, done);
      resolve();
    };
    one.once(event, done);
    other.once(otherEvent, done);
  });
}
