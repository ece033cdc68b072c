/**
 * The outbox: what is to be told to people is written in the transaction of what it tells of, and said when they are there.
 * Somebody whose presence we do not see is told at once: his server keeps it for him.
 */
import { randomId } from "../lib/ids.js";
import { Refusal, type Details } from "../lib/errors.js";
import type { BareJid } from "../lib/jid.js";
import type { Clock } from "../lib/clock.js";
import type { Log } from "../lib/log.js";
import type { Index, Notice, Speaker, Whereabouts } from "./ports.js";
import { isAway } from "./whereabouts.js";
import { say, type Word } from "./words.js";

const PAGE = 50;

export class Notices {
  readonly #index: Index;
  readonly #speaker: Speaker;
  readonly #whereabouts: Whereabouts;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Who is being told just now; true when there is more since. */
  readonly #telling = new Map<BareJid, boolean>();

  constructor(parts: { index: Index; speaker: Speaker; whereabouts: Whereabouts; clock: Clock; log: Log }) {
    this.#index = parts.index;
    this.#speaker = parts.speaker;
    this.#whereabouts = parts.whereabouts;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** A notice to be handed to the index together with what it tells of. */
  make(to: BareJid, kind: Word, details: Details): Notice {
    return { id: randomId(), to, kind, details, since: this.#clock.now() };
  }

  /** Says what is waiting for `to`, if he can hear it. One run a person at a time: the order of the notices is kept. */
  flush(to: BareJid): void {
    if (this.#telling.has(to)) {
      this.#telling.set(to, true);
      return;
    }
    this.#telling.set(to, false);
    void this.#tell(to).finally(() => {
      const more = this.#telling.get(to);
      this.#telling.delete(to);
      if (more) this.flush(to);
    });
  }

  /** After the stream came up: everybody with notices, except those whose presence is still to come. */
  async flushAll(): Promise<void> {
    try {
      for (let after: BareJid | "" = ""; ;) {
        const page: BareJid[] = await this.#index.noticed(after, PAGE);
        for (const to of page) await this.#tell(to);
        if (page.length < PAGE) return;
        after = page.at(-1)!;
      }
    } catch (e) {
      this.#log.warn({ err: e }, "notices wait for the next chance");
    }
  }

  async #tell(to: BareJid): Promise<void> {
    try {
      for (;;) {
        const page = await this.#index.noticesFor(to, PAGE);
        if (page.length === 0) return;
        const parts = { index: this.#index, whereabouts: this.#whereabouts };
        if (this.#whereabouts.resources(to).length === 0 && (await isAway(parts, to))) return;
        for (const notice of page) {
          await this.#speaker.say(to, say(notice.kind, notice.details));
          await this.#index.dropNotices([notice.id]);
        }
        if (page.length < PAGE) return;
      }
    } catch (e) {
      if (e instanceof Refusal) this.#log.debug({ code: e.code }, "notices wait for the next chance");
      else this.#log.error({ err: e }, "notices could not be said");
    }
  }
}
