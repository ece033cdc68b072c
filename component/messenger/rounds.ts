/** Going round everybody in the records: a page at a time, no faster than asked, and only for as long as it makes sense. */
import type { Contact, Index } from "../control/ports.js";
import { pause, type Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";

/** Row by row through something that comes in pages. */
export interface Walk<T> {
  page(after: T | undefined, limit: number): Promise<T[]>;
  /** Visits in a second that said something. */
  readonly pace: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Round extends Omit<Walk<Contact>, "page"> {
  readonly index: Pick<Index, "contacts">;
  readonly only: "followed" | "follows" | "awaited";
}

const PAGE = 200;
const RETRY = 5000; // ms, while the records do not answer

/** Calls `visit` for each contact in order of address, as {@link walk}. */
export function goRound(
  { index, only, ...how }: Round,
  visit: (contact: Contact) => Promise<boolean>,
): Promise<boolean> {
  return walk({ ...how, page: (after, limit) => index.contacts(after?.jid ?? "", limit, only) }, visit);
}

/**
 * Calls `visit` for each row; it answers whether it said something (which is what the pace counts).
 * Waits while the records are down. True when everybody was visited; false when the signal or a Refusal "offline" ended it.
 */
export async function walk<T>(how: Walk<T>, visit: (row: T) => Promise<boolean>): Promise<boolean> {
  const { clock, signal, pace } = how;
  const began = clock.now();
  let said = 0;
  let after: T | undefined;
  try {
    for (;;) {
      const page = await pageOf(how, after);
      for (const row of page) {
        signal.throwIfAborted();
        if (!(await visit(row))) continue;
        const early = began + (++said * 1000) / pace - clock.now();
        if (early >= 20) await pause(clock, early, signal); // timers are no finer than that
      }
      if (page.length < PAGE) return true;
      after = page.at(-1);
    }
  } catch (e) {
    if (signal.aborted || (e instanceof Refusal && e.code === "offline")) return false;
    throw e;
  }
}

async function pageOf<T>(how: Walk<T>, after: T | undefined): Promise<T[]> {
  const { clock, signal } = how;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await how.page(after, PAGE);
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      await pause(clock, RETRY, signal);
    }
  }
}
