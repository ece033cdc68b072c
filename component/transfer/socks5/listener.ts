/**
 * Our own stream host (XEP-0065 §6.3): takes connections that name a stream which somebody expects, and no others. It connects to nothing,
 * so it is no proxy for anybody (CVE-2021-32917 was one for everybody).
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Clock } from "../../lib/clock.js";
import type { Log } from "../../lib/log.js";
import { HalfOpen } from "./half-open.js";
import { hear, turnAway, welcome } from "./handshake.js";
import { Line } from "./line.js";

export interface ListenerLimits {
  /** ms for a handshake as a whole. */
  readonly handshake: number;
  /** Connections in the middle of it, in all. */
  readonly halfOpen: number;
  /** Connections in the middle of it, of one address. */
  readonly halfOpenEach: number;
}

export interface ListenerParts {
  readonly listen: { readonly host: string; readonly port: number };
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ListenerLimits;
  /** Who wants the stream of that address; undefined: nobody. Called once for each connection that gets so far. */
  readonly wanted: (address: string) => ((line: Line) => void) | undefined;
}

export class Listener {
  readonly #parts: ListenerParts;
  readonly #halfOpen: HalfOpen;
  #server: Server | undefined;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#halfOpen = new HalfOpen(parts.limits.halfOpen, parts.limits.halfOpenEach);
  }

  /** The port that it listens on; undefined while it does not. */
  get port(): number | undefined {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port;
  }

  /** Rejects with one line that says what is wrong, and the system's code for it. */
  async start(): Promise<void> {
    const { host, port } = this.#parts.listen;
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    try {
      await once(server.listen({ host, port, backlog: 1024 }), "listening");
    } catch (cause) {
      throw Object.assign(new Error(complaint(host, port, cause), { cause }), {
        code: (cause as NodeJS.ErrnoException).code,
      });
    }
    // Such as no descriptors left: those who come meanwhile wait in the system's queue or are refused.
    server.on("error", (err) => this.#parts.log.error({ err }, "the stream host has trouble"));
    this.#server = server;
  }

  /** Takes no more connections and closes those in the middle of their handshake. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    this.#halfOpen.closeAll();
    await closed;
  }

  #accept(socket: Socket): void {
    const from = socket.remoteAddress;
    if (from === undefined) return void socket.destroy(); // it has gone again
    const line = Line.accepted(socket, this.#parts.clock);
    this.#halfOpen.add(line, from);
    void this.#admit(line, from);
  }

  async #admit(line: Line, from: string): Promise<void> {
    const { clock, limits, log, wanted } = this.#parts;
    const cancel = clock.after(limits.handshake, () => line.close());
    try {
      const address = await hear(line, limits.handshake);
      const taker = wanted(address);
      if (!taker) {
        turnAway(line);
        throw new Error("nobody waits for the stream that it names");
      }
      await welcome(line, address, limits.handshake);
      taker(line);
    } catch (err) {
      log.debug({ err, from }, "a connection to the stream host was refused");
      if (!line.socket.writableEnded) line.close();
    } finally {
      cancel();
      this.#halfOpen.remove(line);
    }
  }
}

function complaint(host: string, port: number, thrown: unknown): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  const where = `[streams] listen: ${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (code === "EADDRINUSE") return `${where} is taken: another program listens there`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `${where} is no address of this machine`;
  if (code === "EACCES") return `${where} may not be used by the user that Restante runs as`;
  return `${where} does not work: ${message}`;
}
