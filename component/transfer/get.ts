/**
 * One GET of a link that others name: through the guard, over every redirect, to the headers of the answer.
 *
 * node:http rather than undici: both parse with llhttp, and here node:http takes what counts: a `lookup` that answers with the
 * addresses that were checked (the name stays in Host and in TLS), a cap on headers, and one socket a request, with no pool that
 * could hand a connection made for one address to another.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import { say } from "../lib/said.js";
import type { Checked, Guard } from "./guard.js";

/** The connection broke, or stood still: what it brought may be gone on with. */
export class Cut extends Error {
  constructor(
    readonly kind: "broken" | "slow",
    cause?: unknown,
  ) {
    super(`the connection ${kind === "slow" ? "stood still" : "broke"}`, { cause });
  }
}

export interface Road {
  readonly guard: Guard;
  readonly clock: Clock;
  /** User-Agent. */
  readonly agent: string;
  /** Until the headers of an answer are there, look-up and connection included. Milliseconds. */
  readonly headerTime: number;
  /** Opens a connection (http: only) to an address that was checked. Absent: the system's TCP. Tests put their own Internet here. */
  readonly dial?: (to: Checked, port: number) => Socket;
}

const MAX_REDIRECTS = 5;
const MAX_HEADERS = 8 * 1024; // bytes
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** An answer whose bytes have not been read. Destroy `message` when they are not wanted. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly message: IncomingMessage;
}

/** Rejects with the guard's refusals, "link-bad", "link-refused" (no HTTP), with {@link Cut}, or with the signal's reason. */
export async function get(road: Road, url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  let at = url;
  for (let hops = 0; ; hops++) {
    const message = await ask(road, at, headers, signal);
    const status = message.statusCode ?? 0;
    const location = message.headers.location;
    if (!REDIRECTS.has(status) || location === undefined) return { url: at, status, message };
    message.destroy();
    if (hops === MAX_REDIRECTS) throw new Refusal("link-bad", { why: say("link/endless") });
    const next = road.guard.judge(URL.canParse(location, at.href) ? new URL(location, at).href : location);
    if (at.protocol === "https:" && next.protocol === "http:")
      throw new Refusal("link-bad", { why: say("link/downgrade") });
    at = next;
  }
}

async function ask(
  road: Road,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const wait = new AbortController();
  const outer = (): void => wait.abort(signal.reason);
  if (signal.aborted) throw signal.reason;
  signal.addEventListener("abort", outer, { once: true });
  const cancel = road.clock.after(road.headerTime, () => wait.abort(new Cut("slow")));
  try {
    const addresses = await road.guard.resolve(url.hostname, wait.signal);
    return await send(road, url, addresses, headers, wait.signal);
  } finally {
    cancel();
    signal.removeEventListener("abort", outer);
  }
}

function send(
  road: Road,
  url: URL,
  addresses: readonly Checked[],
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const { dial } = road;
  const options: RequestOptions = {
    ...(dial && !secure
      ? { createConnection: () => dial(addresses[0]!, Number(url.port) || 80) }
      : { agent: false, lookup: pinned(addresses) }),
    maxHeaderSize: MAX_HEADERS,
    headers: {
      "user-agent": road.agent,
      accept: "*/*",
      "accept-encoding": "identity",
      connection: "close",
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const request: ClientRequest = (secure ? httpsRequest : httpRequest)(url, options);
    const stop = (): void => {
      request.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", stop, { once: true });
    // Stays for the life of the request: after the answer, errors reach the reader through the message.
    request.on("error", (e: NodeJS.ErrnoException) => {
      signal.removeEventListener("abort", stop);
      reject(e.code?.startsWith("HPE_") ? noHttp(e) : new Cut("broken", e));
    });
    request.once("response", (message) => {
      signal.removeEventListener("abort", stop);
      resolve(message);
    });
    request.end();
  });
}

/** Answers every look-up with the addresses that were checked. */
function pinned(addresses: readonly Checked[]): LookupFunction {
  return (_host, options, answer) => {
    if (options.all) answer(null, [...addresses]);
    else answer(null, addresses[0]!.address, addresses[0]!.family);
  };
}

function noHttp(cause: unknown): Refusal {
  return new Refusal("link-refused", { status: say("not-http") }, { cause });
}
