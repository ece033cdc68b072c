/**
 * PUT of a slot's file (XEP-0363 §7): exactly the bytes that were asked for, answered when they are kept. The path's name is for the eyes; so is
 * the type that the client says. What is cut leaves nothing, and may be tried again while the slot lives.
 * Left out: content codings, Content-Range (RFC 9110 §14.5), bodies of a length that nobody says.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { UploadDesk } from "../control/ports.js";
import type { Clock } from "../lib/clock.js";
import { asRefusal, Refusal } from "../lib/errors.js";
import { hashToken } from "../lib/ids.js";
import { PUT_PATH, tokenOf } from "../lib/link-url.js";
import type { Log } from "../lib/log.js";
import { goOn } from "./expect.js";
import { takeBody } from "./inflow.js";
import type { WebMetrics } from "./metrics.js";
import { discovery, serveTus, type TusUploads } from "./tus.js";

export interface UploadParts {
  readonly desk: UploadDesk;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: WebMetrics;
  readonly tus: TusUploads;
}

/** On every answer: web clients live on other origins, and the token is the only right. */
const CORS = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "cache-control": "no-store",
} as const;

const METHODS = "PUT, POST, OPTIONS";

export function serveUploads(app: FastifyInstance, web: UploadParts): void {
  void app.register(async (scope) => {
    // Bodies are taken by the handlers themselves.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.put(`${PUT_PATH}*`, { handler: (request, reply) => put(web, request, reply) });
    scope.options(`${PUT_PATH}*`, (_request, reply) =>
      reply
        .code(204)
        .headers({
          ...discovery(),
          ...CORS,
          "access-control-allow-methods": METHODS,
          "access-control-max-age": "86400",
          allow: METHODS,
        })
        .send(),
    );
    serveTus(scope, web);
  });
}

async function put(web: UploadParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.headers(CORS); // also on a refusal
  const { desk, clock, log, metrics } = web;
  const began = clock.now();
  const token = tokenOf(request.url, PUT_PATH) ?? "";
  const slot = hashToken(token).slice(0, 8);
  const count = metrics.upload("slot");
  let bytes = 0;
  try {
    const right = await desk.open(token);
    if (right.kind !== "slot") throw new Refusal("not-found");
    const reception = await right.receive({ name: right.name, size: lengthOf(request) }, "slot");
    try {
      const begun = reception.begin(0);
      begun.catch(() => undefined); // the first chunk meets it, if one comes
      // Who waits to be asked is asked when there is a place for it; of the others' bytes the first come meanwhile.
      if (request.headers.expect !== undefined) await begun;
      goOn(request.raw, reply.raw);
      bytes = await takeBody(request.raw, clock, (chunk) => begun.then(() => reception.write(chunk)));
      await reception.complete();
    } catch (e) {
      await reception.fail(asRefusal(e));
      throw e;
    }
    count("kept", bytes);
    log.info({ slot, bytes, ms: clock.now() - began, peer: request.ip }, "upload");
    return reply.code(201).send();
  } catch (e) {
    count("refused", bytes);
    log.info({ slot, bytes, code: asRefusal(e).code, ms: clock.now() - began, peer: request.ip }, "upload refused");
    throw e;
  }
}

/** @throws Refusal "length-required", "not-understood" */
function lengthOf({ headers }: FastifyRequest): number {
  if (headers["content-range"] !== undefined || (headers["content-encoding"] ?? "identity") !== "identity")
    throw new Refusal("not-understood");
  const length = headers["content-length"];
  if (length === undefined) throw new Refusal("length-required");
  return Number(length);
}
