/** Time that stands still until a test turns it. */
import type { Clock } from "../../component/lib/clock.js";

export class FakeClock implements Clock {
  readonly #timers = new Set<{ readonly at: number; readonly what: () => void }>();

  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  after(ms: number, what: () => void): () => void {
    const timer = { at: this.time + Math.max(0, ms), what };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that have neither run nor been cancelled. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Goes on by `ms`, running what is due in its order, and lets what follows from each settle before the next. */
  async turn(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.what();
      await settled();
    }
    this.time = end;
    await settled();
  }
}

/** Resolves when every promise that can settle without time or IO has. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
