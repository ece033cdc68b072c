/** Moves a request's body to whoever keeps it, no faster than he takes it, and no slower than a connection is worth. */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { say } from "../lib/said.js";

/** Bytes that may lie here while others are being kept. */
const AHEAD = 2 ** 20;
/** In so many ms at least so many bytes come, or it is no upload but a hold on our connections. */
const LOOK_MS = 30_000;
const LEAST = 8 * 1024;

/**
 * Resolves with the number of bytes when all have been taken by `sink`, whose promise frees a chunk. Rejects with what `sink` throws, or with
 * Refusal "stream-cut" when the connection ended before the body did, or hardly moves. One call of `sink` at a time.
 */
export function takeBody(
  request: IncomingMessage,
  clock: Clock,
  sink: (chunk: Uint8Array) => Promise<void>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const queue: Buffer[] = [];
    let queued = 0;
    let taken = 0;
    let isMoving = false;
    let isOver = false;
    const stopWatch = watchPace(request, clock, () => isMoving, () => settle(cut())); // prettier-ignore

    const settle = (failure?: Error): void => {
      if (isOver) return;
      isOver = true;
      stopWatch();
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      if (failure === undefined) resolve(taken);
      else reject(failure);
    };
    const move = async (): Promise<void> => {
      isMoving = true;
      try {
        for (let chunk = queue.shift(); chunk && !isOver; chunk = queue.shift()) {
          await sink(chunk);
          taken += chunk.length;
          queued -= chunk.length;
          if (queued < AHEAD && request.isPaused()) request.resume();
        }
      } catch (e) {
        settle(e as Error);
      }
      isMoving = false;
      if (request.readableEnded) settle();
    };
    const onData = (chunk: Buffer): void => {
      queue.push(chunk);
      queued += chunk.length;
      if (queued >= AHEAD) request.pause();
      if (!isMoving) void move();
    };
    const onEnd = (): void => {
      if (!isMoving) settle();
    };
    // After the end it is the answer's business.
    const onClose = (): void => {
      if (!request.readableEnded) settle(cut());
    };
    request.on("error", () => undefined); // "close" follows
    request.on("data", onData).on("end", onEnd).on("close", onClose);
    if (request.destroyed && !request.readableEnded) settle(cut());
  });
}

/** Calls `tooSlow` once when hardly anything comes. While `isOurs` says that we are behind ourselves, nothing is held against the peer. */
export function watchPace(
  request: IncomingMessage,
  clock: Clock,
  isOurs: () => boolean,
  tooSlow: () => void,
): () => void {
  const { socket } = request;
  let before = socket.bytesRead;
  let cancel: () => void;
  const look = (): void => {
    if (request.complete) return; // all of it is here, or there was nothing
    if (socket.bytesRead - before < LEAST && !isOurs()) return tooSlow();
    before = socket.bytesRead;
    cancel = clock.after(LOOK_MS, look);
  };
  cancel = clock.after(LOOK_MS, look);
  return () => cancel();
}

function cut(): Refusal {
  return new Refusal("stream-cut", { name: say("that-file") });
}
