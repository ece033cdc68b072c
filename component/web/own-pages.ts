/** What is not about anybody's files: the front page, and for who runs it how it is (/healthz) and its figures (/metrics). */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import { Refusal } from "../lib/errors.js";
import { OUR_PROXY } from "./connections.js";
import { HTML_TYPE, languageOf, PAGE_HEADERS } from "./pages/layout.js";
import { front } from "./pages/plain.js";

/** Which parts answer. */
export interface Health {
  readonly component: boolean;
  readonly index: boolean;
  readonly storage: boolean;
}

/** Their paths. */
export const OWN_PAGES: readonly string[] = ["/", "/healthz", "/metrics"];

export function serveOwnPages(
  app: FastifyInstance,
  { health, registry }: { readonly health: () => Promise<Health>; readonly registry: Registry },
): void {
  app.get("/", (request, reply) => {
    const language = languageOf(request.headers["accept-language"]);
    return reply
      .headers({ ...PAGE_HEADERS, "content-language": language })
      .type(HTML_TYPE)
      .send(front(language));
  });

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
