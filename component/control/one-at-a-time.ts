/** Work for people, one run a person at a time: who comes up again meanwhile gets one more run after it, however often he came up. */
import type { BareJid } from "../lib/jid.js";

export class OneAtATime {
  /** Who has his run just now; true when he came up again. */
  readonly #running = new Map<BareJid, boolean>();
  readonly #work: (who: BareJid) => Promise<void>;

  /** `work` never rejects. */
  constructor(work: (who: BareJid) => Promise<void>) {
    this.#work = work;
  }

  /** Begins at once, in this very call, or leaves word for the run that is under way. Settles when the runs that it began have ended. */
  async run(who: BareJid): Promise<void> {
    if (this.#running.has(who)) return void this.#running.set(who, true);
    do {
      this.#running.set(who, false);
      await this.#work(who);
    } while (this.#running.get(who));
    this.#running.delete(who);
  }
}
