/** Going round everybody in the records: a page at a time, no faster than asked, and only for as long as it makes sense. */
import type { Contact, Index } from "../control/ports.js";
import { pause, type Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import type { BareJid } from "../lib/jid.js";

export interface Round {
  readonly index: Pick<Index, "contacts">;
  readonly only: "followed" | "follows" | "awaited";
  /** Visits in a second that said something. */
  readonly pace: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const PAGE = 200;
const RETRY = 5000; // ms, while the records do not answer

/**
 * Calls `visit` for each contact in order of address; it answers whether it said something (which is what the pace counts).
 * Waits while the records are down. True when everybody was visited; false when the signal or a Refusal "offline" ended it.
 */
export async function goRound(round: Round, visit: (contact: Contact) => Promise<boolean>): Promise<boolean> {
  const { clock, signal, pace } = round;
  const began = clock.now();
  let said = 0;
  let after: BareJid | "" = "";
  try {
    for (;;) {
      const page: Contact[] = await pageOf(round, after);
      for (const contact of page) {
        signal.throwIfAborted();
        if (!(await visit(contact))) continue;
        const early = began + (++said * 1000) / pace - clock.now();
        if (early >= 20) await pause(clock, early, signal); // timers are no finer than that
      }
      const last = page.at(-1);
      if (!last || page.length < PAGE) return true;
      after = last.jid;
    }
  } catch (e) {
    if (signal.aborted || (e instanceof Refusal && e.code === "offline")) return false;
    throw e;
  }
}

async function pageOf({ index, only, clock, signal }: Round, after: BareJid | ""): Promise<Contact[]> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await index.contacts(after, PAGE, only);
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      await pause(clock, RETRY, signal);
    }
  }
}
