/**
 * SOCKS5 (RFC 1928) as byte streams use it (XEP-0065 §6): the command CONNECT to a domain that is the hash of the stream, port 0.
 * Pure: each step is given all bytes that have come and have not been taken yet, in whatever pieces they came.
 * Left out: methods of authentication other than "none", the commands BIND and UDP ASSOCIATE, and connecting anywhere.
 */

/** The answer to a request (RFC 1928 §6). */
export const REPLY = { succeeded: 0, notAllowed: 2, commandNotSupported: 7, addressTypeNotSupported: 8 } as const;
type Reply = (typeof REPLY)[keyof typeof REPLY];

const VERSION = 5;
const RESERVED = 0;
const NO_AUTHENTICATION = 0;
const NO_METHOD = 0xff;
const CONNECT = 1;
const IPV4 = 1;
const DOMAIN = 3;
const IPV6 = 4;

/** Bytes that no message of a handshake exceeds, nor two that a peer sends at once. */
export const MOST_OF_HANDSHAKE = 1024;

/** What to do with the bytes. `more`: wait; `taken`: how many of them belong to the step, what follows them belongs to the next. */
export type Step<T> =
  | { readonly type: "more" }
  | ({ readonly type: "done"; readonly taken: number } & T)
  /** It ends here; `say` (perhaps nothing) is the last word, `why` is for the log. */
  | { readonly type: "refused"; readonly say: Uint8Array; readonly why: string };

const MORE = { type: "more" } as const;
const SILENCE = new Uint8Array();

const refused = (why: string, say: Uint8Array = SILENCE) => ({ type: "refused", say, why }) as const;

// ───────────────────────────── the side that is connected to ─────────────────────────────

/** Reads which methods the peer offers (RFC 1928 §3). When done, {@link METHOD} is the answer. */
export function readGreeting(bytes: Uint8Array): Step<object> {
  const [version, count] = bytes;
  if (version === undefined) return MORE;
  if (version !== VERSION) return refused("it does not speak SOCKS5");
  if (count === undefined || bytes.length < 2 + count) return MORE;
  if (!bytes.subarray(2, 2 + count).includes(NO_AUTHENTICATION))
    return refused("it wants to authenticate", Uint8Array.of(VERSION, NO_METHOD));
  return { type: "done", taken: 2 + count };
}

/** "No authentication", as the answer to a greeting. */
export const METHOD = Uint8Array.of(VERSION, NO_AUTHENTICATION);

/** Reads what the peer wants to be connected to (RFC 1928 §4): the 40 hex characters of DST.ADDR, in lower case. */
export function readRequest(bytes: Uint8Array): Step<{ readonly address: string }> {
  const [version, command] = bytes;
  if (version !== undefined && version !== VERSION) return refused("it does not speak SOCKS5");
  const end = endOfAddress(bytes);
  if (end === undefined) return MORE;
  // Until the whole of it has come: a connection that is closed over unread bytes loses the answer.
  if (end !== WRONG_TYPE && bytes.length < end + 2) return MORE;
  if (command !== CONNECT) return refused("its command is not CONNECT", reply(REPLY.commandNotSupported));
  if (bytes[3] !== DOMAIN || end === WRONG_TYPE)
    return refused("it wants to reach an address that is no hash", reply(REPLY.addressTypeNotSupported));
  const address = Buffer.from(bytes.subarray(5, end)).toString("latin1").toLowerCase();
  if (!isAddress(address) || bytes[end] !== 0 || bytes[end + 1] !== 0)
    return refused("it wants to reach an address that is no hash", reply(REPLY.notAllowed));
  return { type: "done", taken: end + 2, address };
}

/** The answer to a request. Where it succeeded BND.ADDR is DST.ADDR again (XEP-0065 §6.3.2), else nothing. */
export function reply(code: Reply, address?: string): Uint8Array {
  return address === undefined
    ? Uint8Array.of(VERSION, code, RESERVED, IPV4, 0, 0, 0, 0, 0, 0)
    : withAddress(code, address);
}

// ───────────────────────────── the side that connects ─────────────────────────────

/** The greeting: no authentication is all we offer. */
export const GREETING = Uint8Array.of(VERSION, 1, NO_AUTHENTICATION);

/** Reads which method the host has chosen. When done, {@link request} is what to say next. */
export function readMethod(bytes: Uint8Array): Step<object> {
  const [version, method] = bytes;
  if (version === undefined) return MORE;
  if (version !== VERSION) return refused("it does not speak SOCKS5");
  if (method === undefined) return MORE;
  return method === NO_AUTHENTICATION ? { type: "done", taken: 2 } : refused("it wants us to authenticate");
}

/** Asks to be connected to the stream whose hash is `address`. */
export function request(address: string): Uint8Array {
  return withAddress(CONNECT, address);
}

/** Reads the answer. BND.ADDR may be of any type and any length; some hosts do not repeat the hash. */
export function readReply(bytes: Uint8Array): Step<object> {
  const [version, code] = bytes;
  if (version !== undefined && version !== VERSION) return refused("it does not speak SOCKS5");
  if (code !== undefined && code !== REPLY.succeeded) return refused(`it answered ${code}`);
  const end = endOfAddress(bytes);
  if (end === undefined) return MORE;
  if (end === WRONG_TYPE) return refused("its answer has an address of no known type");
  return bytes.length < end + 2 ? MORE : { type: "done", taken: end + 2 };
}

// ───────────────────────────── both ─────────────────────────────

/** Whether it is a DST.ADDR of XEP-0065 §5.3.2: a SHA-1 in lower-case hex. */
export function isAddress(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

const WRONG_TYPE = -1;

/** Where the address of a request or an answer ends and its port begins; undefined while that has not come yet. */
function endOfAddress(bytes: Uint8Array): number | undefined {
  const [, , , type, length] = bytes;
  if (type === undefined) return undefined;
  if (type === IPV4) return 8;
  if (type === IPV6) return 20;
  if (type !== DOMAIN) return WRONG_TYPE;
  return length === undefined ? undefined : 5 + length;
}

function withAddress(code: number, address: string): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(VERSION, code, RESERVED, DOMAIN, address.length),
    Buffer.from(address, "latin1"),
    Uint8Array.of(0, 0),
  ]);
}
