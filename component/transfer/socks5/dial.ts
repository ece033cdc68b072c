/** Connecting to stream hosts that others name (XEP-0065 §6.3.1): through the guard, and telling nobody more than that it did not work. */
import type { StreamHost } from "../../control/ports.js";
import type { Clock } from "../../lib/clock.js";
import { Refusal } from "../../lib/errors.js";
import type { Log } from "../../lib/log.js";
import type { Checked, Guard } from "../guard.js";
import { ask } from "./handshake.js";
import { Line } from "./line.js";

export interface DialParts {
  readonly guard: Guard;
  readonly clock: Clock;
  readonly log: Log;
  /** ms for one of a host's addresses: connection and handshake. */
  readonly time: number;
}

/**
 * Tries the host's addresses in turn. Rejects with the guard's refusals, with Refusal "stream-unreachable", or with the signal's reason.
 * The line is paused, and nothing of the stream is lost.
 */
export async function dial(
  { guard, clock, log, time }: DialParts,
  { host, port }: StreamHost,
  address: string,
  signal: AbortSignal,
): Promise<Line> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Refusal("stream-unreachable");
  let cause: unknown;
  for (const checked of await guard.resolve(host, signal)) {
    signal.throwIfAborted();
    try {
      return await reach(checked, port, address, signal, { clock, time });
    } catch (err) {
      log.debug({ err, host, port, address: checked.address }, "a stream host could not be reached");
      cause = err;
    }
  }
  signal.throwIfAborted();
  throw new Refusal("stream-unreachable", {}, { cause });
}

async function reach(
  checked: Checked,
  port: number,
  address: string,
  signal: AbortSignal,
  { clock, time }: Pick<DialParts, "clock" | "time">,
): Promise<Line> {
  const line = Line.dialled(checked, port, clock);
  const stop = (): void => line.close();
  const cancel = clock.after(time, stop);
  signal.addEventListener("abort", stop);
  try {
    while (line.socket.connecting && !line.failure) await line.change(time);
    if (line.failure) throw line.failure;
    await ask(line, address, time);
    return line;
  } catch (e) {
    line.close();
    throw e;
  } finally {
    signal.removeEventListener("abort", stop);
    cancel();
  }
}
