/**
 * The files of a form (multipart/form-data, RFC 7578), one after the other, no faster than they are taken. Fields that are no files are passed
 * over. Left out: files within files (multipart/mixed, which no browser sends any more).
 */
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { say } from "../lib/said.js";
import { watchPace } from "./inflow.js";

const MOST_FILES = 100;
/** What is read, and thrown away, of files that are not taken: so that a browser gets to reading why. */
const MOST_IN_VAIN = 256 * 1024 * 1024;

export interface FormFile {
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Calls `take` for each file; it may leave the bytes, or some of them. Rejects with what `take` throws, with Refusal "not-understood" when this is no
 * form, or "stream-cut" when it ends too early, or hardly moves.
 */
export async function eachFile(
  request: IncomingMessage,
  clock: Clock,
  take: (file: FormFile) => Promise<void>,
): Promise<void> {
  const form = open(request);
  let turn: Promise<void> = Promise.resolve();
  let taking: Readable | undefined;
  let inVain = 0;
  let reject!: (why: Error) => void;
  const failed = new Promise<never>((_resolve, no) => (reject = no));
  failed.catch(() => undefined);
  const fail = (why: Error): void => {
    reject(why);
    taking?.destroy(why);
  };
  const cut = (): void => fail(new Refusal("stream-cut", { name: say("that-file") }));

  const serve = async (stream: Readable, name: string): Promise<void> => {
    taking = stream;
    await take({ name, bytes: stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array> });
    taking = undefined;
    stream.on("data", (chunk: Buffer) => {
      inVain += chunk.length;
      if (inVain > MOST_IN_VAIN) cut();
    });
    stream.resume();
  };
  form.on("file", (_field, stream, name: string | undefined) => {
    stream.on("error", fail);
    // A field for files in which none was chosen has no name.
    if (!name) return void stream.resume();
    turn = turn.then(() => serve(stream, name));
    turn.catch(fail);
  });
  const finished = new Promise<void>((resolve) => void form.on("finish", () => resolve(turn)));
  form.on("error", (e) => fail(new Refusal("not-understood", {}, { cause: e })));
  request.on("error", () => undefined); // "close" follows
  request.on("close", () => void (request.readableEnded || cut()));
  const stopWatch = watchPace(request, clock, () => taking !== undefined && request.isPaused(), cut);
  try {
    request.pipe(form);
    await Promise.race([finished, failed]);
  } finally {
    stopWatch();
    request.unpipe(form);
    request.resume();
    await turn.catch(() => undefined);
  }
}

function open(request: IncomingMessage): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: request.headers as BusboyHeaders,
      limits: {
        files: MOST_FILES,
        fields: 10,
        fieldSize: 1024,
        parts: MOST_FILES + 10,
        headerPairs: 20,
        headerSize: 8192,
      },
    });
  } catch (e) {
    throw new Refusal("not-understood", {}, { cause: e });
  }
}
