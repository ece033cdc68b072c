/**
 * Resumable uploads (tus 1.0) by @tus/server: created at /t/TOKEN, or at a slot's own URL; gone on with at /t/TOKEN/NAME. A chunk's checksum is
 * looked at before the chunk is kept (extension "checksum"); that of the whole may be said when it is created (metadata "sha256").
 * Left out: uploads of unknown length, and in parts at once (concatenation).
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { Server } from "@tus/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { UploadDesk } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { randomId } from "../lib/ids.js";
import { render } from "../lib/languages/index.js";
import { PUT_PATH, TUS_PATH, tokenOf } from "../lib/link-url.js";
import type { Log } from "../lib/log.js";
import { say } from "../lib/said.js";
import { goOn } from "./expect.js";
import { takeBody, watchPace } from "./inflow.js";
import type { WebMetrics } from "./metrics.js";
import { languageOf } from "./pages/layout.js";
import { tusName } from "./tus-id.js";
import { TusLocks } from "./tus-lock.js";
import { TusStore } from "./tus-store.js";

/** A chunk lies in memory until its checksum has been looked at. */
const MOST_CHECKED = 8 * 2 ** 20;
const MOST_CHECKED_AT_ONCE = 8;
const ALGORITHMS = ["sha1", "sha256"];
const VERSION = "1.0.0";

export interface TusParts {
  readonly desk: UploadDesk;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: WebMetrics;
  /** How people reach the web end. */
  readonly base: string;
}

export class TusUploads {
  readonly store: TusStore;
  readonly server: Server;
  readonly desk: UploadDesk;
  /** Chunks in memory. */
  checking = 0;

  constructor({ desk, clock, log, metrics, base }: TusParts) {
    this.desk = desk;
    this.store = new TusStore(desk, clock, metrics);
    this.server = new Server({
      path: TUS_PATH.slice(0, -1),
      datastore: this.store,
      locker: new TusLocks(),
      namingFunction: ({ url, headers }, said) => nameOf(new URL(url).pathname, headers, said),
      generateUrl: (_request, { id }) => `${base}${TUS_PATH}${id}`,
      onUploadFinish: async (_request, { id }) => ({ headers: this.#numberOf(id) }),
      getFileIdFromRequest: ({ url }) => new URL(url).pathname.slice(TUS_PATH.length),
      onResponseError: (request, thrown) => {
        if (!(thrown instanceof Refusal) && "status_code" in thrown) return thrown;
        const refusal = asRefusal(thrown);
        if (refusal.code === "internal") log.error({ err: thrown }, "an upload by tus failed");
        return {
          status_code: refusal.row.http,
          body: `${render(refusal.said, languageOf(request.headers.get("accept-language") ?? undefined))}\n`,
        };
      },
    });
  }

  stop(): void {
    this.store.stop();
  }

  /** Under which number a file has just been kept. */
  #numberOf(name: string): Record<string, number> {
    const number = this.store.numberOf(name);
    return number === undefined ? {} : { "restante-number": number };
  }
}

/** What is said of it to who asks a slot's URL for its options. */
export function discovery(): Record<string, string> {
  return {
    "tus-resumable": VERSION,
    "tus-version": VERSION,
    "tus-extension": "creation,creation-with-upload,expiration,termination,checksum",
    "tus-checksum-algorithm": ALGORITHMS.join(","),
    "access-control-allow-headers": "authorization, content-type, tus-resumable, upload-length, upload-offset, upload-metadata, upload-checksum", // prettier-ignore
    "access-control-expose-headers": "location, tus-resumable, tus-version, tus-extension, upload-offset, upload-length, upload-expires", // prettier-ignore
  };
}

export function serveTus(app: FastifyInstance, { tus, clock }: { tus: TusUploads; clock: Clock }): void {
  const handler = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => serve(tus, clock, request, reply); // prettier-ignore
  app.route({ method: ["POST", "HEAD", "PATCH", "DELETE"], url: `${TUS_PATH}*`, handler });
  app.post(`${PUT_PATH}*`, handler);
  app.options(`${TUS_PATH}*`, (_request, reply) =>
    reply
      .code(204)
      .headers({
        ...discovery(),
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST, HEAD, PATCH, DELETE, OPTIONS",
        "access-control-max-age": "86400",
      })
      .send(),
  );
}

async function serve(
  tus: TusUploads,
  clock: Clock,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // prettier-ignore
  const { raw } = request;
  reply.headers({ "access-control-allow-origin": "*", "tus-resumable": VERSION });
  goOn(raw, reply.raw);
  const stopWatch = watchPace(raw, clock, () => raw.isPaused(), () => raw.destroy()); // prettier-ignore
  let body: PassThrough | Buffer | undefined;
  try {
    body = await checked(tus, request, clock);
    const answer = await tus.server.handleWeb(asWebRequest(request, body));
    if (answer.status === 412) reply.header("tus-version", VERSION);
    return await reply
      .code(answer.status)
      .headers(Object.fromEntries(answer.headers))
      .send(answer.status === 204 ? undefined : await answer.text());
  } finally {
    stopWatch();
    if (body instanceof PassThrough) letGo(raw, body);
  }
}

/** The body as it comes, or, where there is a checksum with it, when that has been found right. @throws Refusal "wrong-checksum" */
async function checked(
  tus: TusUploads,
  request: FastifyRequest,
  clock: Clock,
): Promise<PassThrough | Buffer | undefined> {
  const { method, raw, headers } = request;
  if (method !== "PATCH" && method !== "POST") return undefined;
  const said = headers["upload-checksum"];
  if (said === undefined) return tap(raw);
  const [algorithm = "", sum = ""] = String(said).split(" ");
  const length = Number(headers["content-length"] ?? NaN);
  if (!ALGORITHMS.includes(algorithm) || Number.isNaN(length)) throw new Refusal("not-understood");
  if (length > MOST_CHECKED)
    throw new Refusal("too-large", { name: "", size: { bytes: length }, limit: { bytes: MOST_CHECKED } });
  await tus.desk.open(tokenIn(request.url)); // nobody else's bytes lie here
  if (tus.checking >= MOST_CHECKED_AT_ONCE) throw new Refusal("too-many-transfers", { count: tus.checking });
  tus.checking++;
  try {
    const chunks: Buffer[] = [];
    await takeBody(raw, clock, async (chunk) => void chunks.push(Buffer.from(chunk)));
    const body = Buffer.concat(chunks);
    if (createHash(algorithm).update(body).digest("base64") !== sum) throw new Refusal("wrong-checksum");
    return body;
  } finally {
    tus.checking--;
  }
}

/** The body's bytes, in a stream that can be given up without the request: its answer must still go. */
function tap(raw: IncomingMessage): PassThrough {
  const body = new PassThrough({ highWaterMark: 2 ** 18 });
  raw.once("close", () => {
    if (!raw.readableEnded) body.destroy(new Refusal("stream-cut", { name: say("that-file") }));
  });
  return raw.pipe(body);
}

/** What nobody has taken is read and thrown away. */
function letGo(raw: IncomingMessage, body: PassThrough): void {
  raw.unpipe(body);
  raw.resume();
  body.destroy();
}

function asWebRequest({ method, url, headers }: FastifyRequest, body: PassThrough | Buffer | undefined): Request {
  const given = Object.entries(headers).filter(([name]) => name.startsWith("upload-") || PASSED.has(name));
  return new Request(new URL(url, "http://localhost"), {
    method,
    headers: given.map(([name, value]): [string, string] => [name, String(value)]),
    ...(body && {
      body: body instanceof PassThrough ? (Readable.toWeb(body) as ReadableStream) : body,
      duplex: "half",
    }),
  });
}

const PASSED = new Set([
  "accept-language",
  "tus-resumable",
  "content-type",
  "content-length",
  "x-http-method-override",
]);

/** A name for an upload that is created: of what the client says, and an id of ours. */
function nameOf(path: string, headers: Headers, said: Record<string, string | null> = {}): string {
  const token = tokenIn(path);
  const name = (said["filename"] ?? said["name"] ?? "file").slice(0, 255);
  const size = Number(headers.get("upload-length"));
  if (size === 0) throw new Refusal("empty-file", { name });
  return tusName({ token, id: randomId(), name, size, sha256: said["sha256"]?.toLowerCase() });
}

function tokenIn(path: string): string {
  return tokenOf(path, PUT_PATH) ?? tokenOf(path, TUS_PATH) ?? "";
}
