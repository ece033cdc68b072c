/**
 * Has pictures looked at by a process of its own (see `painter-process.ts`), which is started for the first and ended when there has been none
 * for a while. Whatever a file does to it, it is only that process that takes harm. Left out: films, drawings (SVG), HEIC.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { BlobReader, Painter, Picture } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import type { Log } from "../lib/log.js";
import { join } from "../lib/signals.js";
import { MOST_ANSWER, MOST_BYTES, readLikeness, SECONDS } from "./likeness.js";

/** By content, as `lib/media-type.ts` tells. */
const PICTURES = new Set(["image/jpeg", "image/png", "image/apng", "image/gif", "image/webp", "image/avif"]);
/** For one picture with all its steps, in ms. */
const PATIENCE_MS = 2 * SECONDS * 1000;
const IDLE_MS = 30_000;

type Process = ChildProcessByStdio<Writable, Readable, null>;

export interface StudioParts {
  readonly clock: Clock;
  readonly log: Log;
  /** What Node runs as the process, with Node's own options before it. Tests run it from its source. */
  readonly script?: readonly string[];
}

export class PictureStudio implements Painter {
  readonly #parts: StudioParts;
  #process: Process | undefined;
  #forget: () => void = () => undefined;
  /** One after the other: a decoder may need much memory. Never rejects. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: StudioParts) {
    this.#parts = parts;
  }

  paint(
    mediaType: string,
    size: number,
    read: () => Promise<BlobReader>,
    signal: AbortSignal,
  ): Promise<Picture | undefined> {
    if (!PICTURES.has(mediaType) || size > MOST_BYTES || size === 0) return Promise.resolve(undefined);
    const painted = this.#turn.then(() => this.#paint(size, read, signal));
    this.#turn = painted.catch(() => undefined);
    return painted;
  }

  /** Ends the process. */
  stop(): void {
    this.#forget();
    this.#process?.kill("SIGKILL");
  }

  async #paint(size: number, read: () => Promise<BlobReader>, signal: AbortSignal): Promise<Picture | undefined> {
    signal.throwIfAborted();
    this.#forget();
    const child = (this.#process ??= this.#start());
    const over = new AbortController();
    const patience = this.#parts.clock.after(PATIENCE_MS, () => over.abort());
    const ended = join(signal, over.signal);
    const kill = (): void => void child.kill("SIGKILL");
    ended.signal.addEventListener("abort", kill);
    try {
      const [line] = await Promise.all([answerOf(child), give(child, size, read)]);
      return readLikeness(line);
    } catch (err) {
      // Half a picture may be in the pipe: nothing that follows would be understood.
      this.#gone(child);
      kill();
      signal.throwIfAborted();
      this.#parts.log.info({ err, size }, "a picture could not be looked at");
      return undefined;
    } finally {
      patience();
      ended.part();
      this.#forget = this.#parts.clock.after(IDLE_MS, () => {
        this.#gone(child);
        child.stdin.end();
      });
    }
  }

  #start(): Process {
    const script = this.#parts.script ?? [fileURLToPath(new URL("./painter-process.js", import.meta.url))];
    // Nothing of our environment: there are secrets in it.
    const child = spawn(process.execPath, script, { stdio: ["pipe", "pipe", "ignore"], env: {} });
    const gone = (): void => this.#gone(child);
    child.on("exit", gone).on("error", gone);
    child.stdin.on("error", gone); // the exit tells
    return child;
  }

  #gone(child: Process): void {
    if (this.#process === child) this.#process = undefined;
  }
}

/** One line. Rejects when the process ends without, or says too much. */
function answerOf({ stdout }: Process): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = "";
    const settle = (how: () => void): void => {
      stdout.off("data", onData).off("close", onClose).pause();
      how();
    };
    const onData = (chunk: Buffer): void => {
      line += chunk.toString("latin1");
      if (line.length > MOST_ANSWER) settle(() => reject(new Error("the process says too much")));
      else if (line.endsWith("\n")) settle(() => resolve(line));
    };
    const onClose = (): void => settle(() => reject(new Error("the process has ended")));
    stdout.on("data", onData).on("close", onClose).resume();
  });
}

async function give({ stdin }: Process, size: number, read: () => Promise<BlobReader>): Promise<void> {
  const write = (chunk: Uint8Array | string): Promise<void> =>
    new Promise((resolve, reject) => void stdin.write(chunk, (error) => (error ? reject(error) : resolve())));
  const reader = await read();
  try {
    await write(`${size}\n`);
    await reader.pour(write);
  } finally {
    await reader.close();
  }
}
