/**
 * GET and HEAD of a link: the file, whole or in parts (RFC 9110 §13–15). What went out is reported to the desk, which knows what it means.
 * The token stands in the path, or, where it shall stand in no log and no history, in a header: GET /g, Authorization: Bearer TOKEN (RFC 6750 §2.1).
 * Left out: content codings (files are sent as they are), trailers, HTTP/2 (a proxy's business).
 */
import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BlobReader, LinkDesk, OpenLink, Span } from "../control/ports.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { hashToken } from "../lib/ids.js";
import { BEARER_PATH, LINK_PATH, tokenOf } from "../lib/link-url.js";
import type { Clock } from "../lib/clock.js";
import type { Log } from "../lib/log.js";
import { Body, Cut, sendSpan } from "./body.js";
import { judge } from "./conditions.js";
import { CROSS_ORIGIN, fileHeaders, mediaType, PREFLIGHT } from "./headers.js";
import { contentRange, multipart, type Multipart } from "./multipart.js";
import { parseRange } from "./ranges.js";
import type { Receipts } from "./receipts.js";
import type { WebMetrics } from "./metrics.js";

export interface LinkParts {
  readonly desk: LinkDesk;
  readonly clock: Clock;
  readonly log: Log;
  readonly receipts: Receipts;
  readonly metrics: WebMetrics;
  /** Work that goes on after its request has been answered: the end of the server waits for it. */
  readonly underWay: Set<Promise<void>>;
}

/** Why reading ends with the connection. Made once: every download ends so, and most have nothing left to end. */
const OVER = new Cut();

/** An empty file is not asked for: there is no range of it that a store could be asked for. */
const NOTHING: BlobReader = {
  size: 0,
  pour: async () => undefined,
  close: async () => undefined,
  async *[Symbol.asyncIterator]() {},
};

/** One answer with bytes: its parts, and the frame around them when there are several. */
interface Plan {
  readonly open: OpenLink;
  readonly parts: readonly [Span, ...Span[]];
  readonly frame: Multipart | undefined;
  readonly length: number;
}

export function serveLinks(app: FastifyInstance, web: LinkParts): void {
  for (const url of [`${LINK_PATH}*`, BEARER_PATH]) {
    app.route({ method: ["GET", "HEAD"], url, handler: (request, reply) => answer(web, request, reply) });
    app.options(url, (_request, reply) =>
      reply
        .code(204)
        .headers({ ...CROSS_ORIGIN, ...PREFLIGHT, allow: "GET, HEAD, OPTIONS" })
        .send(),
    );
  }
}

/** The token of a request. It is looked up by its hash, so that the time that takes tells nothing of others. */
function given(request: FastifyRequest, reply: FastifyReply): string {
  const inPath = tokenOf(request.url);
  if (inPath !== undefined) return inPath;
  reply.header("www-authenticate", "Bearer").header("vary", "authorization");
  const bearer = /^bearer +([\w-]+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (bearer === undefined) throw new Refusal("no-token");
  return bearer;
}

async function answer(web: LinkParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.headers(CROSS_ORIGIN); // also on a refusal
  const token = given(request, reply);
  const open = await web.desk.open(token);
  const { size } = open;
  const validators = { etag: `"${open.sha256}"`, modified: Math.floor(open.since / 1000) * 1000 };
  const type = mediaType(open.mediaType);
  // Web clients show links as pictures by their names (Converse.js: "x.svg"). The browser would throw these bytes away, and they would count as delivered.
  if (request.headers["sec-fetch-dest"] === "image" && !type.startsWith("image/")) return reply.code(406).send();
  const verdict = judge(request.headers, validators);
  if (verdict === "failed") throw new Refusal("precondition-failed");
  // §14.2: a Range means something in a GET only.
  const wanted = parseRange(request.method === "GET" && verdict === "send" ? request.headers.range : undefined, size);
  if (wanted.kind === "none" && verdict === "send") {
    reply.header("content-range", `bytes */${size}`);
    throw new Refusal("range-not-satisfiable");
  }
  reply.headers({
    ...fileHeaders(open),
    etag: validators.etag,
    "last-modified": new Date(validators.modified).toUTCString(),
  });
  if (verdict === "not-modified") return reply.code(304).send();

  const parts: Plan["parts"] = wanted.kind === "parts" ? wanted.parts : [{ start: 0, end: size }];
  const frame = parts.length > 1 ? multipart(parts, size, type) : undefined;
  const length = frame?.length ?? parts[0].end - parts[0].start;
  reply.headers({
    "content-type": frame?.type ?? type,
    "content-length": length,
  });
  if (wanted.kind === "parts") reply.code(206);
  if (wanted.kind === "parts" && !frame) reply.header("content-range", contentRange(parts[0], size));
  if (request.method === "HEAD") return reply.send();

  const closed = new AbortController();
  reply.raw.once("close", () => void (reply.raw.writableFinished || closed.abort(OVER)));
  // Opened before the header goes, so that a store that is down can still be told by a status.
  const reader = size === 0 ? NOTHING : await open.read(parts[0], closed.signal);
  const work = send(
    web,
    { open, parts, frame, length },
    reader,
    closed.signal,
    request,
    reply,
    hashToken(token).slice(0, 8),
  );
  web.underWay.add(work);
  void work.finally(() => web.underWay.delete(work));
  return reply;
}

/** Sends what was planned and reports what went out. Never rejects. */
async function send(
  { clock, log, receipts, metrics }: LinkParts,
  { open, parts, frame, length }: Plan,
  first: BlobReader,
  signal: AbortSignal,
  request: FastifyRequest,
  reply: FastifyReply,
  link: string,
): Promise<void> {
  const began = clock.now();
  const { raw: response } = reply;
  const { socket } = request.raw;
  const body = new Body(response, length, async () => (frame ? undefined : open.last(parts[0])));
  const served: { start: number; end: number }[] = [];
  const closing: Promise<void>[] = [];
  let whole = false;
  try {
    receipts.watch(socket);
    reply.hijack();
    response.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
    await open.moving();
    for (const [i, part] of parts.entries()) {
      if (frame) await body.write(frame.heads[i]!);
      const span = { start: part.start, end: part.start };
      served.push(span);
      const reader = (i === 0 && first) || (await open.read(part, signal));
      const before = body.given;
      try {
        await sendSpan(body, reader, part);
      } finally {
        span.end += body.given - before;
        closing.push(reader.close());
      }
    }
    if (frame) await body.write(frame.tail);
    if (length === 0) await body.write(new Uint8Array());
    whole = await receipts.of(socket);
  } catch (e) {
    // Its header is out, so the only way left to say no is to end the connection before the last byte.
    if (asRefusal(e).code !== "link-ended" && !(e instanceof Cut) && !signal.aborted)
      log.error({ err: e, link }, "a download was cut from our side");
    response.destroy();
  }
  closing.push(first.close());
  await Promise.allSettled(closing);
  await report(open, served, parts, whole).catch((e: unknown) =>
    log.error({ err: e, link }, "a download was not reported"),
  );
  metrics.sent(body.given);
  const { statusCode: status } = reply;
  log.info({ link, status, bytes: body.given, whole, ms: clock.now() - began, peer: request.ip }, "download");
}

/**
 * Tells the desk what the peer can have got. Of an answer that was cut, that is everything given to the socket but its last byte: less, and a
 * client that resumes would leave a gap for ever; all, and a cut download could count as a whole one.
 */
async function report(open: OpenLink, served: readonly Span[], parts: Plan["parts"], whole: boolean): Promise<void> {
  const spans = served.map((span, i) =>
    whole || i < served.length - 1
      ? span
      : { start: span.start, end: Math.max(span.start, Math.min(span.end, parts[i]!.end - 1)) },
  );
  // The desk counts one span for each time that bytes begin to move.
  for (const [i, span] of (spans.length > 0 ? spans : [{ start: 0, end: 0 }]).entries()) {
    if (i > 0) await open.moving();
    await open.served(span);
  }
}
