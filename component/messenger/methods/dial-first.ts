/** Connecting to the first of several hosts that answers: in their order, but not one after the other's whole time limit. */
import type { ByteStream, StreamHost, StreamHosts } from "../../control/ports.js";
import type { Clock } from "../../lib/clock.js";
import { Refusal } from "../../lib/errors.js";

/** How long a host has before the next one is tried beside it (ms). */
const STAGGER = 300;
/** Hosts tried of those that one peer names, so that nobody scans a network through us. */
const MOST_DIALLED = 8;
/** For all of it (ms). libpurple's own limit for one host is 15 s. */
const DIAL_TIME = 20_000;

export interface DialParts {
  readonly streamHosts: Pick<StreamHosts, "dial">;
  readonly clock: Clock;
}

/** Answers the stream, and the host that it leads to. Rejects with Refusal "stream-unreachable" when there is none, or with the signal's reason. */
export function dialFirst<H extends StreamHost>(
  { streamHosts, clock }: DialParts,
  hosts: readonly H[],
  address: string,
  signal: AbortSignal,
): Promise<{ readonly stream: ByteStream; readonly host: H }> {
  const waiting = [...new Map(hosts.map((host) => [`${host.host} ${host.port}`, host])).values()].slice(
    0,
    MOST_DIALLED,
  );
  const over = new AbortController();
  const cancels: (() => void)[] = [];
  return new Promise<{ stream: ByteStream; host: H }>((resolve, reject) => {
    let dialling = 0;
    const next = (): void => {
      const host = waiting.shift();
      if (over.signal.aborted || !host) return;
      dialling++;
      const cancel = clock.after(STAGGER, next);
      cancels.push(cancel);
      streamHosts.dial(host, address, over.signal).then(
        (stream) => {
          if (over.signal.aborted) return stream.close(); // another was faster
          resolve({ stream, host });
          over.abort();
        },
        () => {
          cancel();
          dialling--;
          next();
          if (dialling === 0) end(new Refusal("stream-unreachable"));
        },
      );
    };
    const end = (why: Error): void => {
      reject(why);
      over.abort(why);
    };
    const aborted = (): void => end(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    cancels.push(clock.after(DIAL_TIME, () => end(new Refusal("stream-unreachable"))));
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted, { once: true });
    cancels.push(() => signal.removeEventListener("abort", aborted));
    next();
    if (dialling === 0) end(new Refusal("stream-unreachable"));
  }).finally(() => cancels.forEach((cancel) => cancel()));
}
