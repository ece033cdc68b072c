/** One request at a time for an upload by tus: who comes later asks the former to end, and waits for that. */
import type { Lock, Locker, RequestRelease } from "@tus/server";
import { Refusal } from "../lib/errors.js";

/** How long a former request may take to end. */
const PATIENCE_MS = 30_000;

interface Holder {
  readonly ask: RequestRelease;
  /** Settles when it is let go. */
  readonly gone: Promise<void>;
  readonly letGo: () => void;
}

export class TusLocks implements Locker {
  readonly #holders = new Map<string, Holder>();

  newLock(id: string): Lock {
    const holders = this.#holders;
    let mine: Holder | undefined;
    return {
      async lock(signal, ask) {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
        const over = ended(patience);
        for (let other = holders.get(id); other; other = holders.get(id)) {
          await other.ask();
          await Promise.race([other.gone, over]);
          if (patience.aborted) throw new Refusal("too-many-transfers", { count: 1 });
        }
        let letGo = (): void => undefined;
        const gone = new Promise<void>((resolve) => (letGo = resolve));
        mine = { ask, gone, letGo };
        holders.set(id, mine);
      },
      async unlock() {
        if (!mine || holders.get(id) !== mine) return;
        holders.delete(id);
        mine.letGo();
      },
    };
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
