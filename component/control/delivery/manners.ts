/** How programs have met offers of byte streams: some acknowledge them and never ask anybody. In memory only: a day later, or after a restart, they are tried again. */
import type { Clock } from "../../lib/clock.js";
import { putLast } from "../../lib/latest.js";
import type { Instant, Resource } from "../ports.js";

/** An offer by a program that has not shown yet that it asks people. */
const UNKNOWN_MS = 30_000;
/** Somebody is asked, and may be away from his desk. */
const ANSWERS_MS = 300_000;
const KEEP_MS = 864e5;
const MOST = 10_000;

interface Known {
  readonly answers: boolean;
  readonly until: Instant;
}

export class Manners {
  /** By software, the one heard of least recently first. */
  readonly #known = new Map<string, Known>();

  constructor(private readonly clock: Clock) {}

  /** How long an answer of this client is waited for before the link goes, in ms; 0: it is not worth asking. */
  patience({ software }: Resource): number {
    const known = software === undefined ? undefined : this.#known.get(software);
    if (!known || known.until <= this.clock.now()) return UNKNOWN_MS;
    return known.answers ? ANSWERS_MS : 0;
  }

  /** Whoever has answered once is not taken for silent again: the person was away. */
  note({ software }: Resource, as: "answers" | "silent"): void {
    if (software === undefined) return;
    const answers = as === "answers" || (this.#known.get(software)?.answers ?? false);
    putLast(this.#known, software, { answers, until: this.clock.now() + KEEP_MS }, MOST);
  }
}
