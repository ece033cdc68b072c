/** The SOCKS5 handshake over a connection, either side (XEP-0065 §6.3). What is said when is {@link file://./wire.ts}'s. */
import type { Line } from "./line.js";
import {
  GREETING,
  METHOD,
  readGreeting,
  readMethod,
  readReply,
  readRequest,
  REPLY,
  reply,
  request,
  type Step,
} from "./wire.js";

/** Hears a peer out: what he wants to be connected to. Rejects when he asks for anything else; he has been told. */
export async function hear(line: Line, ms: number): Promise<string> {
  line.resume();
  await step(line, readGreeting, ms);
  await line.write(METHOD, ms);
  return (await step(line, readRequest, ms)).address;
}

/** Tells him that he is connected. What comes from now on is the stream's; the line is paused. */
export async function welcome(line: Line, address: string, ms: number): Promise<void> {
  line.pause();
  await line.write(reply(REPLY.succeeded, address), ms);
}

/** Tells him that he is not, and closes. */
export function turnAway(line: Line): void {
  last(line, reply(REPLY.notAllowed));
}

/** Asks a host to be connected to the stream; the line is paused. Rejects when it does not do it. */
export async function ask(line: Line, address: string, ms: number): Promise<void> {
  await line.write(GREETING, ms);
  await step(line, readMethod, ms);
  await line.write(request(address), ms);
  await step(line, readReply, ms);
  line.pause();
}

/** Waits until the bytes that have come make a whole. */
async function step<T>(line: Line, read: (bytes: Uint8Array) => Step<T>, ms: number): Promise<T> {
  for (;;) {
    const result = read(line.held);
    if (result.type === "done") {
      line.drop(result.taken);
      return result;
    }
    if (result.type === "refused") {
      last(line, result.say);
      throw new Error(result.why);
    }
    if (line.failure) throw line.failure;
    if (line.ended) throw new Error("it left in the middle of the handshake");
    if (!(await line.change(ms))) throw new Error("it was silent in the middle of the handshake");
  }
}

function last(line: Line, bytes: Uint8Array): void {
  line.socket.end(bytes, () => line.close());
}
