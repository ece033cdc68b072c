/**
 * The web server's app, built without listening: its routes, what is on every answer, and how a no is said.
 * Addresses are never logged: a link's path is its right.
 */
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Socket } from "node:net";
import type { Registry } from "prom-client";
import type { LinkDesk, PageDesk, UploadDesk } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { BEARER_PATH, FORM_PATH, LINK_PATH, PAGE_PATH, PUT_PATH, TUS_PATH } from "../lib/link-url.js";
import type { Log } from "../lib/log.js";
import { limitConnections, OUR_PROXY, Pipeline, WEB_LIMITS, type WebLimits } from "./connections.js";
import { letAsk } from "./expect.js";
import { serveFilePages } from "./file-pages.js";
import { serveForms } from "./forms.js";
import { SAFE } from "./headers.js";
import { lingerIfUnread } from "./linger.js";
import { serveLinks } from "./links.js";
import { WebMetrics } from "./metrics.js";
import { OWN_PAGES, serveOwnPages, type Health } from "./own-pages.js";
import { languageOf, PAGE_HEADERS } from "./pages/layout.js";
import { sentence } from "./pages/plain.js";
import { Receipts } from "./receipts.js";
import { SCRIPTS, serveScripts } from "./scripts.js";
import { TusUploads } from "./tus.js";
import { serveUploads } from "./uploads.js";

export interface WebParts {
  readonly desk: LinkDesk;
  readonly pages: PageDesk;
  readonly uploads: UploadDesk;
  /** How people reach it, without a slash at the end. */
  readonly url: string;
  /** Which parts answer. Anybody may ask, so it has to be cheap; it never rejects. */
  readonly health: () => Promise<Health>;
  /** What /metrics shows; the web server adds its own. */
  readonly metrics: Registry;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits?: Partial<WebLimits>;
}

export interface Web {
  readonly app: FastifyInstance;
  readonly limits: WebLimits;
  readonly receipts: Receipts;
  /** Closes connections on which nothing has been asked yet. */
  readonly closeUnused: () => void;
  /** Downloads that have not been reported to the desk yet. */
  readonly underWay: ReadonlySet<Promise<void>>;
  readonly tus: TusUploads;
}

const FIXED = new Set([...OWN_PAGES, ...SCRIPTS]);

export function buildWeb(parts: WebParts): Web {
  const { desk, pages, uploads, url, health, metrics: registry, log, clock, limits: given } = parts;
  const limits = { ...WEB_LIMITS, ...given };
  const app = fastify({
    logger: false,
    // Whose address a proxy of our own names is only logged.
    trustProxy: [...OUR_PROXY],
    requestTimeout: 0, // a body may take its time: see `inflow.ts`
    connectionTimeout: limits.stalled,
    keepAliveTimeout: limits.idle,
    http: {
      maxHeaderSize: 16 * 1024,
      headersTimeout: limits.request,
      connectionsCheckingInterval: Math.min(5_000, limits.request),
    },
    clientErrorHandler: sayUnheard,
    frameworkErrors: (_error, request, reply) => void refuse(new Refusal("not-found"), request, reply),
  });
  const closeUnused = limitConnections(app.server, limits);
  letAsk(app.server);

  const receipts = new Receipts(clock);
  const pipeline = new Pipeline(limits.pipelined);
  const underWay = new Set<Promise<void>>();
  const metrics = new WebMetrics(registry, () => underWay.size);

  app.addHook("onRequest", async (request, reply) => {
    if (reply.raw.socket) receipts.asked(request.raw.socket);
    else if (!(await pipeline.turn(request.raw, reply.raw))) return reply.hijack();
    reply.headers(SAFE);
    if (!request.is404) return;
    // Said here, before a body is read that nobody wants.
    const methods = methodsOf(request.url.split("?", 1)[0]!);
    if (methods === undefined || methods.split(", ").includes(request.method)) throw new Refusal("not-found");
    reply.header("allow", methods);
    throw new Refusal("method-not-allowed", { methods });
  });
  app.addHook("onSend", async (request, reply) => lingerIfUnread(request, reply, clock));
  app.addHook("onResponse", async (_request, reply) => metrics.answered(reply.statusCode));
  app.setErrorHandler((error: FastifyError | Refusal, request, reply) => {
    const refusal = asRefusal(isTheirs(error) ? unread(error) : error);
    if (refusal.code === "internal") log.error({ err: error }, "a request failed");
    return refuse(refusal, request, reply);
  });

  serveLinks(app, { desk, clock, log, receipts, metrics, underWay });
  const tus = new TusUploads({ desk: uploads, clock, log, metrics, base: url });
  serveUploads(app, { desk: uploads, clock, log, metrics, tus });
  serveFilePages(app, pages);
  serveForms(app, { uploads, clock, log, underWay });
  serveScripts(app);
  serveOwnPages(app, { health, registry });

  return { app, limits, receipts, closeUnused, underWay, tus };
}

/** What can be done at a path; undefined when there is nothing. */
function methodsOf(path: string): string | undefined {
  if (FIXED.has(path) || path.startsWith(LINK_PATH) || path === BEARER_PATH) return "GET, HEAD";
  if (path.startsWith(PAGE_PATH) || path.startsWith(FORM_PATH)) return "GET, HEAD, POST";
  if (path.startsWith(PUT_PATH)) return "PUT, POST, OPTIONS";
  return path.startsWith(TUS_PATH) ? "POST, HEAD, PATCH, DELETE, OPTIONS" : undefined;
}

/** Whether Fastify itself said no: to a body that it cannot read, or that nobody wants. */
function isTheirs(error: FastifyError | Refusal): error is FastifyError {
  return !(error instanceof Refusal) && (error.statusCode ?? 500) < 500;
}

function unread(error: FastifyError): Refusal {
  return new Refusal(error.statusCode === 413 ? "stanza-too-large" : "not-understood", {}, { cause: error });
}

/** One row of the error table as an answer. */
function refuse(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const language = languageOf(request.headers["accept-language"]);
  const { type, body } = sentence(refusal.said, request.headers.accept, language);
  if (refusal.row.http === 503) reply.header("retry-after", "30");
  return reply
    .code(refusal.row.http)
    .headers({ ...SAFE, ...PAGE_HEADERS, "content-language": language })
    .type(type)
    .send(body);
}

/** What cannot be read as a request gets a status without words. After other answers on the connection, it could fall into the middle of one. */
function sayUnheard(error: NodeJS.ErrnoException, socket: Socket): void {
  const status =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? "408 Request Timeout"
      : error.code === "HPE_HEADER_OVERFLOW"
        ? "431 Request Header Fields Too Large"
        : "400 Bad Request";
  if (error.code === "ECONNRESET" || !socket.writable || socket.bytesWritten > 0) socket.destroy(error);
  else socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}
