/**
 * The web server's app, built without listening: its routes, what is on every answer, and how a no is said.
 * Addresses are never logged: a link's path is its right.
 */
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Socket } from "node:net";
import type { Registry } from "prom-client";
import type { LinkDesk } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { LINK_PATH } from "../lib/link-url.js";
import type { Log } from "../lib/log.js";
import { limitConnections, OUR_PROXY, Pipeline, WEB_LIMITS, type WebLimits } from "./connections.js";
import { SAFE } from "./headers.js";
import { serveLinks } from "./links.js";
import { WebMetrics } from "./metrics.js";
import { FRONT, PAGE_HEADERS, sentence } from "./pages.js";
import { Receipts } from "./receipts.js";

export interface WebParts {
  readonly desk: LinkDesk;
  /** Which parts answer. Anybody may ask, so it has to be cheap; it never rejects. */
  readonly health: () => Promise<Health>;
  /** What /metrics shows; the web server adds its own. */
  readonly metrics: Registry;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits?: Partial<WebLimits>;
}

export interface Health {
  readonly component: boolean;
  readonly index: boolean;
  readonly storage: boolean;
}

export interface Web {
  readonly app: FastifyInstance;
  readonly limits: WebLimits;
  readonly receipts: Receipts;
  /** Closes connections on which nothing has been asked yet. */
  readonly closeUnused: () => void;
  /** Downloads that have not been reported to the desk yet. */
  readonly underWay: ReadonlySet<Promise<void>>;
}

const OWN_PAGES = new Set(["/", "/healthz", "/metrics"]);

export function buildWeb({ desk, health, metrics: registry, log, clock, limits: given }: WebParts): Web {
  const limits = { ...WEB_LIMITS, ...given };
  const app = fastify({
    logger: false,
    // Whose address a proxy of our own names is only logged.
    trustProxy: [...OUR_PROXY],
    requestTimeout: limits.request,
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
    const path = request.url.split("?", 1)[0]!;
    if (!OWN_PAGES.has(path) && !path.startsWith(LINK_PATH)) throw new Refusal("not-found");
    reply.header("allow", "GET, HEAD");
    throw new Refusal("method-not-allowed");
  });
  app.addHook("onResponse", async (_request, reply) => metrics.answered(reply.statusCode));
  app.setErrorHandler((error: FastifyError | Refusal, request, reply) => {
    const refusal = asRefusal(isTheirs(error) ? unread(error) : error);
    if (refusal.code === "internal") log.error({ err: error }, "a request failed");
    return refuse(refusal, request, reply);
  });

  serveLinks(app, { desk, clock, log, receipts, metrics, underWay });

  app.get("/", (_request, reply) => reply.headers(PAGE_HEADERS).type("text/html; charset=utf-8").send(FRONT));

  app.get("/healthz", async (_request, reply) => {
    const { component, index, storage } = await health();
    const ok = component && index && storage;
    return reply
      .code(ok ? 200 : 503)
      .headers(PAGE_HEADERS)
      .send({ ok, component, index, storage });
  });

  app.get("/metrics", async (request, reply) => {
    if (!isAtHome(request)) throw new Refusal("not-found");
    return reply
      .headers(PAGE_HEADERS)
      .type(registry.contentType)
      .send(await registry.metrics());
  });

  return { app, limits, receipts, closeUnused, underWay };
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
  const { type, body } = sentence(refusal.message, request.headers.accept);
  if (refusal.row.http === 503) reply.header("retry-after", "30");
  return reply.code(refusal.row.http).headers(SAFE).headers(PAGE_HEADERS).type(type).send(body);
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

/**
 * Whether a request was made on this machine, not brought by a proxy on it: such a one names somebody else, another host, or speaks HTTP/1.0
 * (nginx as it comes). The figures are no secret, but nobody else's business.
 */
function isAtHome(request: FastifyRequest): boolean {
  const { headers, socket, httpVersion } = request.raw;
  const brought = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].some((name) => headers[name] !== undefined);
  return (
    OUR_PROXY.includes(socket.remoteAddress ?? "") &&
    httpVersion === "1.1" &&
    !brought &&
    /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(headers.host ?? "")
  );
}
