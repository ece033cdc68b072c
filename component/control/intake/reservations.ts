/**
 * Intakes of slots that nobody has used yet. Each is put on record when its slot is asked for, not when its file comes: bytes that are there
 * then need one write to become a file. What is not here (after a restart, or when there are too many) is put on record when it comes.
 */
import { randomId } from "../../lib/ids.js";
import type { Keeper } from "./keeper.js";
import type { Intake, UploadRight } from "../ports.js";

const MOST = 2_000;

interface Reservation {
  readonly intake: Intake;
  /** Whether it is on record. Never rejects. */
  readonly begun: Promise<boolean>;
  readonly cancel: () => void;
}

export class Reservations {
  readonly #keeper: Keeper;
  /** By the slot's hash. */
  readonly #made = new Map<string, Reservation>();

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  /** For a slot, until it ends. Nobody waits for it. */
  make({ hash, owner, name, size, since, until }: UploadRight): void {
    if (this.#made.size >= MOST) return;
    const { index, clock } = this.#keeper.parts.services;
    const intake: Intake = {
      id: randomId(),
      owner,
      method: "slot",
      source: hash,
      name,
      size,
      blobKey: randomId(),
      since,
    };
    const begun = index.beginIntake(intake).then(
      () => true,
      () => false,
    );
    const cancel = clock.after(until - since, () => void this.#drop(hash));
    this.#made.set(hash, { intake, begun, cancel });
  }

  /** Hands over the one of a slot, if there is one. */
  async take(hash: string): Promise<Intake | undefined> {
    const made = this.#made.get(hash);
    if (!made) return undefined;
    this.#made.delete(hash);
    made.cancel();
    if (await made.begun) return made.intake;
    void this.#keeper.forget(made.intake); // it may be on record, and its answer was lost
    return undefined;
  }

  /** What is left is struck off, as far as the records take it: the next process does the rest. */
  async stop(): Promise<void> {
    const { index } = this.#keeper.parts.services;
    const left = [...this.#made.values()];
    this.#made.clear();
    for (const { intake, begun, cancel } of left) {
      cancel();
      await begun;
      await index.dropIntake(intake.id, []).catch(() => undefined);
    }
  }

  async #drop(hash: string): Promise<void> {
    const intake = await this.take(hash);
    if (intake) await this.#keeper.forget(intake);
  }
}
