/** A moment's patience with those of whose clients one has not said yet what it can do: whoever offers at once offers the wrong thing. */
import type { BareJid } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";
import type { Instant } from "../ports.js";

/** Asking a client takes a round trip; one that never answers must not hold anything up for long. */
const PATIENCE_MS = 3_000;

export class Learning {
  readonly #clock: Clock;
  readonly #goOn: (who: BareJid) => void;
  readonly #waiting = new Map<BareJid, { readonly until: Instant; readonly cancel: () => void }>();

  /** `goOn` is called for those who are waited for when it has been long enough. */
  constructor(clock: Clock, goOn: (who: BareJid) => void) {
    this.#clock = clock;
    this.#goOn = goOn;
  }

  /** Whether to wait. `isLearning`: whether there is anything to wait for. */
  waits(who: BareJid, isLearning: boolean): boolean {
    const waiting = this.#waiting.get(who);
    const until = waiting?.until ?? this.#clock.now() + PATIENCE_MS;
    if (isLearning && until > this.#clock.now()) {
      if (!waiting) this.#waiting.set(who, { until, cancel: this.#clock.after(PATIENCE_MS, () => this.#goOn(who)) });
      return true;
    }
    waiting?.cancel();
    this.#waiting.delete(who);
    return false;
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }
}
