/**
 * How files come to their ends: reminded of before, gone by themselves when everybody has them, and over when their time is up.
 * Each round does so much and no more; what is left comes in the next, so that who comes online does not wait for it.
 */
import { pause } from "../../lib/clock.js";
import type { Services } from "../services.js";
import { isOpen } from "../parcel.js";
import type { Notice } from "../ports.js";
import { horizonOf, remindersOf } from "./reminders.js";
import { MOST_PARCELS } from "./sending.js";
import { ofFile } from "../words.js";

/** So much is one transaction, which holds up everything else; */
const PAGE = 20;
/** then others have their turn for so long, in ms. */
const REST = 100;
/** What is left after so many comes in the next round. */
const PAGES = 100;
/** The pace, in ms: a minute, or less where times are short. */
const SLOWEST = 60_000;
const FASTEST = 1_000;
/** A right to upload is good until its end; what has begun by then may take so long, and needs it at the end. */
const UPLOAD_MS = 86_400_000;

export class Ends {
  readonly #services: Services;
  readonly #stop = new AbortController();

  constructor(services: Services) {
    this.#services = services;
  }

  /** Milliseconds from round to round. */
  get pace(): number {
    return Math.max(FASTEST, Math.min(SLOWEST, horizonOf(this.#services.term) / 10));
  }

  /** What is under way comes to its end, and no more is begun. */
  stop(): void {
    this.#stop.abort();
  }

  async round(): Promise<void> {
    await this.#expire();
    await this.#remind();
    await this.#letGo();
  }

  /** Ends parcels and files, what was set aside, and rights to upload, whose time is up. */
  async #expire(): Promise<void> {
    const { index, delivery, clock, term } = this.#services;
    const now = clock.now();
    await this.#pages(async () => {
      const parcels = await index.endedParcels(now, PAGE);
      await delivery.expire(parcels);
      return parcels.length;
    });
    await this.#pages(async () => {
      const files = await index.endedFiles(now, PAGE);
      const parcels = await Promise.all(files.map(({ id }) => index.parcelsOf(id, MOST_PARCELS)));
      await delivery.expire(parcels.flat().filter(({ state, until }) => isOpen(state) && until <= now));
      await index.removeEnded(
        files.map(({ id }) => id),
        now,
      );
      return files.length;
    });
    await this.#pages(() => index.dropCutIntakes({ endedBy: now }, PAGE));
    await this.#pages(() => index.dropUploadRights({ endedBy: now - UPLOAD_MS }, PAGE));
    // What became of a parcel can be asked for as long as files are kept; then nothing is left of it.
    await this.#pages(() => index.forgetParcels(now - term.keep, PAGE));
  }

  async #remind(): Promise<void> {
    const { index, notices, clock, term } = this.#services;
    await this.#pages(() => {
      const now = clock.now();
      return this.#telling((told) =>
        index.remind(now + horizonOf(term), PAGE, (ending) =>
          told(
            remindersOf(ending, term, now).map(({ to, kind, details, from }) => notices.make(to, kind, details, from)),
          ),
        ),
      );
    });
  }

  /** Those that go by themselves. */
  async #letGo(): Promise<void> {
    const { index, notices, clock } = this.#services;
    await this.#pages(() =>
      this.#telling((told) =>
        index.removeFetched(clock.now(), PAGE, (file) => told([notices.make(file.owner, "let-go", ofFile(file))])),
      ),
    );
  }

  /** Says what `work` has queued, when it is on record. */
  async #telling(work: (told: (notices: Notice[]) => Notice[]) => Promise<number>): Promise<number> {
    const whom = new Set<Notice["to"]>();
    const count = await work((queued) => {
      for (const { to } of queued) whom.add(to);
      return queued;
    });
    for (const to of whom) this.#services.notices.flush(to);
    return count;
  }

  async #pages(page: () => Promise<number>): Promise<void> {
    const { signal } = this.#stop;
    for (let i = 0; i < PAGES && !signal.aborted; i++) {
      if ((await page()) < PAGE) return;
      await pause(this.#services.clock, REST, signal).catch(() => undefined);
    }
  }
}
