/**
 * Whether the connection still lives. When nothing has come for a while the component pings itself (XEP-0199) through the server:
 * that never leaves the server, and needs nobody's address but our own.
 *
 * COMPAT: where several processes are connected as one component (ejabberd), the ping may come out at another one. So only a
 * connection whose first ping came back is given up when a later one does not; the others are left to TCP's keep-alive.
 */
import type { Clock } from "../lib/clock.js";
import { randomId } from "../lib/ids.js";
import type { Element } from "./stanza.js";
import { pingToItself } from "./wire/xep0199-ping.js";

export interface KeepaliveLimits {
  /** Silence after which we ask, and how long the answer may take (ms). */
  readonly idle: number;
  readonly answer: number;
}

/** What it watches. */
export interface Watched {
  /** Grows whenever something comes. */
  readonly reads: number;
  /** Whether we have stopped reading ourselves. */
  readonly paused: boolean;
  destroy(why: Error): void;
}

export class Keepalive {
  readonly #clock: Clock;
  readonly #limits: KeepaliveLimits;
  readonly #domain: string;
  readonly #send: (stanza: Element) => void;
  #cancel: () => void = () => {};
  #id = "";
  /** Whether a ping has come back on this connection. */
  #comesBack = false;

  constructor(clock: Clock, limits: KeepaliveLimits, domain: string, send: (stanza: Element) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#domain = domain;
    this.#send = send;
  }

  /** Watches a connection that has just come online. */
  watch(connection: Watched): void {
    this.stop();
    this.#comesBack = false;
    this.#ping(connection);
  }

  stop(): void {
    this.#cancel();
    this.#id = "";
  }

  /** Whether this stanza is our own ping or what became of it: nobody else's business. */
  take(iq: Element): boolean {
    const { id, from } = iq.attrs as Record<string, string | undefined>;
    if (this.#id === "" || id !== this.#id || from !== this.#domain) return false;
    this.#comesBack = true;
    return true;
  }

  #ping(connection: Watched): void {
    this.#id = randomId();
    const { reads } = connection;
    this.#send(pingToItself(this.#domain, this.#id));
    this.#cancel = this.#clock.after(this.#limits.answer, () => {
      if (connection.reads === reads && this.#comesBack && !connection.paused)
        connection.destroy(new Error(`the server has been silent for too long`));
      else this.#rest(connection);
    });
  }

  #rest(connection: Watched): void {
    const { reads } = connection;
    this.#cancel = this.#clock.after(this.#limits.idle, () => {
      if (connection.reads === reads) this.#ping(connection);
      else this.#rest(connection);
    });
  }
}
