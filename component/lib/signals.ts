/**
 * Signals that end what is waited for, and one signal for several. Not AbortSignal.any: in Node 20 a signal remembers for ever each one that has been made of it, some 60 bytes for
 * each offer and each fetch, and the signal that tells of our own end lives as long as the process.
 */
import { setMaxListeners } from "node:events";

export interface Joined {
  readonly signal: AbortSignal;
  /** To be called when nothing listens to it any more: until then the others know of it. */
  readonly part: () => void;
}

/** For an end for which all work under way listens, however much that is: Node would take more than ten for a leak. */
export function longLived(): AbortController {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  return end;
}

/** Aborted with the first of the others, for the same reason. */
export function join(...signals: readonly AbortSignal[]): Joined {
  const all = new AbortController();
  const listeners = signals.map((signal) => [signal, (): void => all.abort(signal.reason)] as const);
  for (const [signal, listener] of listeners) {
    if (signal.aborted) listener();
    signal.addEventListener("abort", listener, { once: true });
  }
  return {
    signal: all.signal,
    part() {
      for (const [signal, listener] of listeners) signal.removeEventListener("abort", listener);
    },
  };
}

/** The promise's value; rejects with the signal's reason when that is faster: not all that is waited for can be broken off. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
