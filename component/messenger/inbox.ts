/**
 * What has come in and cannot be dealt with yet. While somebody holds it, stanzas are kept, up to a limit; beyond that the
 * socket is not read. Answers to our own requests do not pass here: whoever holds may be waiting for one.
 */
import type { Element } from "./stanza.js";

export class Inbox {
  readonly #limit: number;
  readonly #deliver: (stanza: Element) => void;
  readonly #kept: { readonly stanza: Element; readonly size: number }[] = [];
  #size = 0;
  #holds = 0;
  #full = false;

  /** Called when the socket shall not be read, and when it may be again. */
  onFull: (full: boolean) => void = () => {};

  /** Keeps up to about `limit` characters. */
  constructor(limit: number, deliver: (stanza: Element) => void) {
    this.#limit = limit;
    this.#deliver = deliver;
  }

  push(stanza: Element, size: number): void {
    if (this.#holds === 0 && this.#kept.length === 0) return this.#deliver(stanza);
    this.#kept.push({ stanza, size });
    this.#size += size;
    this.#report();
  }

  /** Keeps everything from now on; the answer, called once, lets go. */
  hold(): () => void {
    let held = true;
    this.#holds++;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holds === 0) this.#empty();
    };
  }

  #empty(): void {
    while (this.#holds === 0) {
      const next = this.#kept.shift();
      if (!next) break;
      this.#size -= next.size;
      this.#deliver(next.stanza);
    }
    this.#report();
  }

  #report(): void {
    const full = this.#size > (this.#full ? this.#limit / 2 : this.#limit);
    if (full === this.#full) return;
    this.#full = full;
    this.onFull(full);
  }
}
