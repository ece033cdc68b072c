/** What must be done without being asked: sign of life, taking over from the dead, ends of time, and bytes that nobody needs. */
import type { Log } from "../lib/log.js";
import type { Services } from "./services.js";
import { Ends } from "./delivery/ends.js";
import type { HeldFiles } from "./intake/held-files.js";
import type { Intakes } from "./intake/intake.js";
import { LINK } from "./parcel.js";
import type { BlobStore, Parcel } from "./ports.js";
import type { Receptions } from "./intake/receptions.js";

const BEAT_MS = 3_000;
/** A process that has been silent for so long is taken for dead. */
const DEAD_AFTER_MS = 15_000;
const RECOVER_MS = 10_000;
const RETRY_MS = 5_000;
const SWEEP_MS = 30_000;
/** How soon files that wait for the virus check go on when it answers again; each round asks it once. */
const HELD_MS = 10_000;
/** Word of what another process has queued may be lost on its way. */
const LOOK_MS = 300_000;
/** A round does so much of a kind at once; what is left comes in the next, so that nothing else waits long. */
const PAGE = 100;
const PAGES = 10;

export interface HousekeepingParts {
  readonly services: Services;
  readonly intakes: Intakes;
  readonly receptions: Receptions;
  readonly held: HeldFiles;
  readonly blobs: BlobStore;
  readonly log: Log;
}

export class Housekeeping {
  readonly ends: Ends;
  readonly #parts: HousekeepingParts;
  readonly #cancels = new Map<string, () => void>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;
  /** Other servers that lived at the last beat. */
  #others = 0;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
    this.ends = new Ends(parts.services);
  }

  /** Takes over from the dead, which must be before anybody is served; then each chore has its turn at its own pace. */
  async start(): Promise<void> {
    await this.#every("beat", BEAT_MS, () => this.beat());
    await this.#every("recover", RECOVER_MS, () => this.recover());
    void this.#every("sweep", SWEEP_MS, () => this.sweep());
    void this.#every("ends", this.ends.pace, () => this.ends.round());
    this.#later("retry", RETRY_MS, () => this.retry());
    this.#later("held", HELD_MS, () => this.#parts.held.lookThrough());
    this.#later("look", LOOK_MS, () => this.#parts.services.notices.flushAll());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.ends.stop();
    for (const cancel of this.#cancels.values()) cancel();
    this.#parts.held.stop();
    await Promise.all(this.#running);
  }

  async beat(): Promise<void> {
    const { services } = this.#parts;
    const before = this.#others;
    this.#others = await services.index.beat(services.clock.now(), DEAD_AFTER_MS);
    if (this.#others >= before) return;
    await this.recover();
    services.whereabouts.inherit();
  }

  /** Goes on with what processes that died had in hand. */
  async recover(): Promise<void> {
    const { services, intakes, receptions } = this.#parts;
    for (const intake of await services.index.abandonedIntakes(PAGE))
      if (intake.method === "link") intakes.resume(intake);
      else receptions.recover(intake);
    await this.#pages(async () => {
      const parcels = await services.index.abandonedParcels(PAGE);
      // They are ours now, and nobody will take them from us: each has to be brought to an end.
      for (const parcel of parcels) await services.delivery.record(() => this.#takeOver(parcel));
      return parcels.length;
    });
  }

  async #takeOver(parcel: Parcel): Promise<void> {
    const { index, delivery, whereabouts } = this.#parts.services;
    const history = parcel.state === "moving" ? await index.history(parcel.id) : [];
    const road = history.findLast(({ event }) => event === "begin")?.detail ?? LINK;
    const wasEnding = history.at(-1)?.event === "last";
    const event = wasEnding ? "complete" : road === LINK ? "recover" : "broken";
    const { state, recipient } = await delivery.apply(parcel.id, event, wasEnding || road === LINK ? "" : road);
    if (state === "waiting" && whereabouts.resources(recipient).length > 0) delivery.consider(recipient);
  }

  /** Does what could not be done because the records failed. */
  async retry(): Promise<void> {
    const { notices, delivery } = this.#parts.services;
    notices.retry();
    await delivery.retry();
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

  async #pages(round: () => Promise<number>): Promise<void> {
    for (let i = 0; i < PAGES && !this.#stopped; i++) if ((await round()) < PAGE) return;
  }

  async #every(name: string, ms: number, what: () => Promise<void>): Promise<void> {
    const { log } = this.#parts;
    const run = what().catch((e: unknown) => log.warn({ err: e, chore: name }, "a chore waits for its next turn"));
    this.#running.add(run);
    await run;
    this.#running.delete(run);
    this.#later(name, ms, what);
  }

  #later(name: string, ms: number, what: () => Promise<void>): void {
    const { clock } = this.#parts.services;
    if (!this.#stopped)
      this.#cancels.set(
        name,
        clock.after(ms, () => void this.#every(name, ms, what)),
      );
  }
}
