/** `Expect: 100-continue` (RFC 9110 §10.1.1): a client that asks first is told no before it has sent a body, and told to go on when it is wanted. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";

const waiting = new WeakSet<IncomingMessage>();

/** Requests of this server that ask first are served like all others. */
export function letAsk(server: Server): void {
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    server.emit("request", request, response);
  });
}

/** The body is wanted. */
export function goOn(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue();
}
