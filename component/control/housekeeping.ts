/** What must be done without being asked: sign of life, taking over from the dead, ends of time, and bytes that nobody needs. */
import type { Clock } from "../lib/clock.js";
import type { Log } from "../lib/log.js";
import type { Services } from "./commands/define.js";
import type { Intakes } from "./intake.js";
import type { BlobStore } from "./ports.js";
import { remove } from "./sending.js";

const BEAT_MS = 3_000;
/** A process that has been silent for so long is taken for dead. */
export const DEAD_AFTER_MS = 15_000;
const RECOVER_MS = 10_000;
const SWEEP_MS = 30_000;
const EXPIRY_MS = 60_000;
/** A round does so much of a kind at once; what is left comes in the next, so that nothing else waits long. */
const PAGE = 100;
const PAGES = 10;

export class Housekeeping {
  readonly #parts: { services: Services; intakes: Intakes; blobs: BlobStore; clock: Clock; log: Log };
  readonly #cancels = new Map<string, () => void>();
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(parts: { services: Services; intakes: Intakes; blobs: BlobStore; clock: Clock; log: Log }) {
    this.#parts = parts;
  }

  /** Does everything once, then each at its own pace. */
  async start(): Promise<void> {
    await this.#every("beat", BEAT_MS, () => this.beat());
    await this.#every("recover", RECOVER_MS, () => this.recover());
    await this.#every("sweep", SWEEP_MS, () => this.sweep());
    await this.#every("expire", EXPIRY_MS, () => this.expire());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    await this.#running;
  }

  async beat(): Promise<void> {
    const { services } = this.#parts;
    await services.index.beat(services.clock.now(), DEAD_AFTER_MS);
  }

  /** Goes on with what processes that died had in hand. */
  async recover(): Promise<void> {
    const { services, intakes } = this.#parts;
    for (const intake of await services.index.abandonedIntakes(PAGE)) intakes.resume(intake);
    for (const parcel of await services.index.abandonedParcels(PAGE)) {
      const { state, recipient } = await services.delivery.apply(parcel.id, "recover");
      if (state === "waiting" && services.whereabouts.resources(recipient).length > 0)
        services.delivery.consider(recipient);
    }
  }

  /** Removes bytes that no file needs any more. Safe against every race: a key is never used for a second time. */
  async sweep(): Promise<void> {
    const { services, blobs } = this.#parts;
    await this.#pages(async () => {
      const keys = await services.index.doomed(PAGE);
      for (const key of keys) await blobs.remove(key);
      await services.index.forgetDoomed(keys);
      return keys.length;
    });
  }

  /** Ends parcels and files whose time is up. */
  async expire(): Promise<void> {
    const { services } = this.#parts;
    const now = services.clock.now();
    await this.#pages(async () => {
      const parcels = await services.index.endedParcels(now, PAGE);
      for (const parcel of parcels) await services.delivery.apply(parcel.id, "expire", "", parcel);
      return parcels.length;
    });
    await this.#pages(async () => {
      const files = await services.index.endedFiles(now, PAGE);
      for (const file of files) await remove(services, file);
      return files.length;
    });
  }

  async #pages(round: () => Promise<number>): Promise<void> {
    for (let i = 0; i < PAGES && !this.#stopped; i++) if ((await round()) < PAGE) return;
  }

  async #every(name: string, ms: number, what: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#parts;
    const run = what().catch((e: unknown) => log.warn({ err: e, chore: name }, "a chore waits for its next turn"));
    this.#running = Promise.all([this.#running, run]);
    await run;
    if (!this.#stopped) this.#cancels.set(name, clock.after(ms, () => void this.#every(name, ms, what))); // prettier-ignore
  }
}
