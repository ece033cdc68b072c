/** Whether every part answers. Anybody may ask, so the parts are asked at most every few seconds, and their complaints go to the log only. */
import type { Clock } from "../lib/clock.js";
import type { Log } from "../lib/log.js";

/** A part's name → rejects when it does not work. */
export type Checks = Readonly<Record<string, () => Promise<void>>>;

export interface Health {
  readonly ok: boolean;
  readonly parts: Readonly<Record<string, "ok" | "down">>;
}

const FRESH_MS = 5_000;
const PATIENCE_MS = 5_000;

export class HealthDesk {
  readonly #checks: Checks;
  readonly #clock: Clock;
  readonly #log: Log;
  #latest: { readonly at: number; readonly health: Promise<Health> } | undefined;
  /** What was said last of each part, so that only changes are logged. */
  readonly #said = new Map<string, "ok" | "down">();

  constructor(checks: Checks, clock: Clock, log: Log) {
    this.#checks = checks;
    this.#clock = clock;
    this.#log = log;
  }

  /** Never rejects; takes 5 seconds at most. */
  ask(): Promise<Health> {
    const now = this.#clock.now();
    if (!this.#latest || now - this.#latest.at >= FRESH_MS) this.#latest = { at: now, health: this.#askAll() };
    return this.#latest.health;
  }

  async #askAll(): Promise<Health> {
    const entries = await Promise.all(
      Object.entries(this.#checks).map(async ([part, check]) => [part, await this.#askOne(part, check)] as const),
    );
    return { ok: entries.every(([, state]) => state === "ok"), parts: Object.fromEntries(entries) };
  }

  async #askOne(part: string, check: () => Promise<void>): Promise<"ok" | "down"> {
    let cancel = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(PATIENCE_MS, () => reject(new Error(`no answer in ${PATIENCE_MS} ms`)));
    });
    let state: "ok" | "down" = "ok";
    try {
      await Promise.race([check(), late]);
    } catch (e) {
      state = "down";
      if (this.#said.get(part) !== "down") this.#log.warn({ err: e, part }, "a part does not answer");
    } finally {
      cancel();
    }
    if (state === "ok" && this.#said.get(part) === "down") this.#log.info({ part }, "a part answers again");
    this.#said.set(part, state);
    return state;
  }
}
