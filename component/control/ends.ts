/**
 * How files come to their ends: reminded of before, gone by themselves when everybody has them, and over when their time is up.
 * Each round does so much and no more; what is left comes in the next, so that who comes online does not wait for it.
 */
import type { Services } from "./commands/define.js";
import type { Notices } from "./notices.js";
import { isOpen } from "./parcel.js";
import type { KeptFile, Notice } from "./ports.js";
import { horizonOf, remindersOf } from "./reminders.js";
import { MOST_PARCELS } from "./sending.js";
import { ofFile } from "./words.js";

/** So much of a kind at once. */
const PAGE = 100;
/** The same, where it is one transaction: it holds up everything else. */
const FEW = 20;
const PAGES = 10;
/** The pace, in ms: a minute, or less where times are short. */
const SLOWEST = 60_000;
const FASTEST = 1_000;
/** A right to upload is good until its end; what has begun by then may take so long, and needs it at the end. */
const UPLOAD_MS = 86_400_000;

export class Ends {
  readonly #services: Services;
  readonly #notices: Notices;
  #stopped = false;

  constructor(services: Services, notices: Notices) {
    this.#services = services;
    this.#notices = notices;
  }

  /** Milliseconds from round to round. */
  get pace(): number {
    return Math.max(FASTEST, Math.min(SLOWEST, horizonOf(this.#services.term) / 10));
  }

  /** What is under way comes to its end, and no more is begun. */
  stop(): void {
    this.#stopped = true;
  }

  async round(): Promise<void> {
    await this.#expire();
    await this.#remind();
    await this.#letGo();
  }

  /** Ends parcels and files, what was set aside, and rights to upload, whose time is up. */
  async #expire(): Promise<void> {
    const { index, delivery, clock } = this.#services;
    const now = clock.now();
    await this.#pages(PAGE, async () => {
      const parcels = await index.endedParcels(now, PAGE);
      for (const parcel of parcels) await delivery.apply(parcel.id, "expire", "", parcel);
      return parcels.length;
    });
    await this.#pages(PAGE, async () => {
      const files = await index.endedFiles(now, PAGE);
      for (const file of files) await this.#end(file, now);
      return files.length;
    });
    await this.#pages(PAGE, () => index.dropCutIntakes({ endedBy: now }, PAGE));
    await this.#pages(PAGE, () => index.dropUploadRights({ endedBy: now - UPLOAD_MS }, PAGE));
  }

  async #end(file: KeptFile, now: number): Promise<void> {
    const { index, delivery } = this.#services;
    for (const parcel of await index.parcelsOf(file.id, MOST_PARCELS))
      if (isOpen(parcel.state)) await delivery.apply(parcel.id, "expire");
    await index.removeFile(file.id, now, now);
  }

  async #remind(): Promise<void> {
    const { index, clock, term } = this.#services;
    await this.#pages(FEW, () => {
      const now = clock.now();
      return this.#telling((told) =>
        index.remind(now + horizonOf(term), FEW, (ending) =>
          told(remindersOf(ending, term, now).map(({ to, kind, details }) => this.#notices.make(to, kind, details))),
        ),
      );
    });
  }

  /** Those that go by themselves. */
  async #letGo(): Promise<void> {
    const { index, clock } = this.#services;
    await this.#pages(FEW, () =>
      this.#telling((told) =>
        index.removeFetched(clock.now(), FEW, (file) => told([this.#notices.make(file.owner, "let-go", ofFile(file))])),
      ),
    );
  }

  /** Says what `work` has queued, when it is on record. */
  async #telling(work: (told: (notices: Notice[]) => Notice[]) => Promise<number>): Promise<number> {
    const whom = new Set<Notice["to"]>();
    const count = await work((notices) => {
      for (const { to } of notices) whom.add(to);
      return notices;
    });
    for (const to of whom) this.#notices.flush(to);
    return count;
  }

  async #pages(size: number, page: () => Promise<number>): Promise<void> {
    for (let i = 0; i < PAGES && !this.#stopped; i++) if ((await page()) < size) return;
  }
}
