/**
 * Whether the server has read what was sent. On a component's stream nothing is acknowledged (XEP-0198 is for clients and servers), and what
 * a socket has taken may die in it; but stanzas are dealt with in order, so a ping to ourselves (XEP-0199) comes back behind them.
 *
 * COMPAT: where several processes are connected as one component (ejabberd), the ping may come out at another one. So a connection that has
 * stood for a while without it is believed from then on; where pings have come back before, not until it would have been found dead (see `keepalive.ts`).
 */
import type { Clock } from "../lib/clock.js";
import type { Refusal } from "../lib/errors.js";
import { randomId } from "../lib/ids.js";
import type { Element } from "./stanza.js";
import { pingToItself } from "./wire/xep0199-ping.js";

/** How long a ping may be away, in ms: where it is not known that they come back, and where they do. */
const AWAY = 5_000;
const LONGEST = 60_000;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
}

/** One is under way at a time, and the next stands for all who have come meanwhile. */
export class RoundTrips {
  readonly #clock: Clock;
  readonly #domain: string;
  readonly #send: (stanza: Element) => void;
  #id = "";
  /** Whether they come back on this connection, as far as is known; once one has not, no other is sent. */
  #comesBack: boolean | undefined;
  #cancel: () => void = () => {};
  #under: Waiting[] = [];
  #next: Waiting[] = [];

  constructor(clock: Clock, domain: string, send: (stanza: Element) => void) {
    this.#clock = clock;
    this.#domain = domain;
    this.#send = send;
  }

  /** Settles when the server has read what was sent before the call; rejects with Refusal "offline" when the connection ends first. */
  pass(): Promise<void> {
    if (this.#comesBack === false) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#next.push({ resolve, reject });
      if (this.#id === "") this.#go();
    });
  }

  /** Whether this stanza is our own ping: nobody else's business. */
  take(iq: Element): boolean {
    const { id, from } = iq.attrs as Record<string, string | undefined>;
    if (this.#id === "" || id !== this.#id || from !== this.#domain) return false;
    this.#come(true);
    return true;
  }

  /** The connection has ended. */
  end(why: Refusal): void {
    this.#cancel();
    this.#id = "";
    this.#comesBack = undefined;
    for (const { reject } of [...this.#under.splice(0), ...this.#next.splice(0)]) reject(why);
  }

  #go(): void {
    this.#under = this.#next;
    this.#next = [];
    this.#id = randomId();
    this.#cancel = this.#clock.after(this.#comesBack ? LONGEST : AWAY, () => this.#come(false));
    this.#send(pingToItself(this.#domain, this.#id));
  }

  #come(isBack: boolean): void {
    this.#comesBack = isBack;
    this.#cancel();
    this.#id = "";
    for (const { resolve } of this.#under.splice(0)) resolve();
    if (this.#next.length > 0) this.#go();
  }
}
