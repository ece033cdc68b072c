/**
 * An answer to a request whose body nobody wants: the connection ends with it, but not at once, for a reset would take the answer from a client
 * that still sends (RFC 9112 §9.6).
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../lib/clock.js";

const LINGER_MS = 2_000;

/** To be called when an answer is about to go out. Node reads on, and throws away. */
export function lingerIfUnread(request: FastifyRequest, reply: FastifyReply, clock: Clock): void {
  const { raw } = request;
  if (raw.complete || raw.destroyed) return;
  reply.header("connection", "close");
  const { socket } = raw;
  socket.destroySoon = () => {
    socket.end();
    const cancel = clock.after(LINGER_MS, () => socket.destroy());
    socket.once("close", cancel);
  };
}
