/**
 * One signal for several. Not AbortSignal.any: in Node 20 a signal remembers for ever each one that has been made of it, some 60 bytes for
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
