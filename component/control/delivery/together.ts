/** Puts steps that are taken in one turn of the event loop on record in one transaction: when many come online at once, many are. */
import type { Parcel, ParcelStep } from "../ports.js";

/** Steps of one transaction: more would keep others from theirs. */
const MOST = 20;

interface Batch {
  readonly steps: ParcelStep[];
  readonly recorded: Promise<readonly (Parcel | undefined)[]>;
}

export class Together {
  #batch: Batch | undefined;

  constructor(private readonly record: (steps: readonly ParcelStep[]) => Promise<readonly (Parcel | undefined)[]>) {}

  /** As `Index.step`. */
  async apply(step: ParcelStep): Promise<Parcel | undefined> {
    const batch = (this.#batch ??= this.#begin());
    const mine = batch.steps.push(step) - 1;
    if (batch.steps.length >= MOST) this.#batch = undefined;
    return (await batch.recorded)[mine];
  }

  #begin(): Batch {
    const steps: ParcelStep[] = [];
    const batch = {
      steps,
      recorded: new Promise((resolve) => setImmediate(resolve)).then(() => {
        if (this.#batch === batch) this.#batch = undefined;
        return this.record(steps);
      }),
    };
    return batch;
  }
}
