/** Waiting out what passes by itself: our own storage or records being away. */
import { pause, type Clock } from "../lib/clock.js";
import { Refusal, type ErrorCode } from "../lib/errors.js";

/** Refusals of our own parts that pass by themselves. Full records are emptied by an operator; a full storage is told at once, see `intake/intake.ts`. */
export const AWAY: readonly ErrorCode[] = ["storage-down", "index-down"];
export const UNRECORDED: readonly ErrorCode[] = ["index-down", "disk-full"];

const RETRY_MS = 5_000;

export interface Patience {
  readonly clock: Clock;
  /** Ends the waiting: then what was refused last is thrown. */
  readonly signal: AbortSignal;
  /** Which refusals are waited out. */
  readonly passing: readonly ErrorCode[];
  /** How long it is tried again (ms). */
  readonly most: number;
  /** Told of each refusal that is waited out. */
  readonly onWait: (refusal: Refusal) => void;
}

/** Repeats `step` until it ends in another way than by a passing refusal. `step` must bear being repeated after it was done and its answer lost. */
export async function patiently<T>(
  { clock, signal, passing, most, onWait }: Patience,
  step: () => Promise<T>,
): Promise<T> {
  for (const began = clock.now(); ;) {
    try {
      return await step();
    } catch (e) {
      if (!(e instanceof Refusal) || !passing.includes(e.code)) throw e;
      if (signal.aborted || clock.now() - began > most) throw e;
      onWait(e);
      await pause(clock, RETRY_MS, signal).catch(() => {
        throw e;
      });
    }
  }
}

/** How long bytes wait for the records: longer than a locked database is tried, shorter than a recipient takes for dead. */
const BYTES_WAIT_MS = 10_000;

/** Whether `writing`, which never rejects, ends before bytes that wait for it must go on. */
export function beforeBytes(clock: Clock, writing: Promise<void>, onLate: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(BYTES_WAIT_MS, () => {
      onLate();
      resolve(false);
    });
    void writing.then(cancel).then(() => resolve(true));
  });
}
