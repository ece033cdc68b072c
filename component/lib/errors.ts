/**
 * The one closed list of ways in which Restante says no. Each code has its row: what a stanza says (RFC 6120 §8.3),
 * what HTTP says, and the sentence for a person. Refusals that are expected are thrown as {@link Refusal} and
 * translated once, at the edge that speaks to the peer. Anything else that is thrown is a bug or a foreign error: logged, never shown.
 */

export type StanzaErrorType = "cancel" | "modify" | "auth" | "wait";

export interface ErrorRow {
  readonly type: StanzaErrorType;
  readonly condition: string;
  readonly http: number;
  /** For people. `{name}` is filled from the refusal's details. */
  readonly sentence: string;
}

const row = (type: StanzaErrorType, condition: string, http: number, sentence: string): ErrorRow => ({
  type,
  condition,
  http,
  sentence,
});

export const ERRORS = {
  // what was asked
  "unknown-command": row(
    "cancel",
    "feature-not-implemented",
    404,
    "I do not know “{word}”.{hint} Say “help” for what I can do.",
  ),
  "bad-argument": row("modify", "bad-request", 400, "{why} It goes like this: {usage}"),
  "bad-address": row("modify", "jid-malformed", 400, "“{address}” is not an address that I can send to."),
  "no-such-file": row("cancel", "item-not-found", 404, "You have no file {which}. Say “list” for what you have."),
  "ambiguous-name": row(
    "modify",
    "conflict",
    409,
    "You have several files named “{which}”: say its number instead ({numbers}).",
  ),
  "no-such-parcel": row(
    "cancel",
    "item-not-found",
    404,
    "Nothing is waiting for you under {which}. Say “list” for what is.",
  ),
  "wrong-state": row("cancel", "unexpected-request", 409, "That is over: {which} is {state}."),
  "not-found": row("cancel", "item-not-found", 404, "There is nothing here."),
  "not-understood": row("modify", "bad-request", 400, "I could not make sense of that."),
  "no-such-service": row("cancel", "service-unavailable", 404, "I do not offer that."),
  "stanza-too-large": row("modify", "policy-violation", 413, "That was too large for me to read."),
  "read-only": row("cancel", "not-allowed", 405, "That cannot be changed from outside."),
  // who asked
  "not-a-member": row(
    "auth",
    "registration-required",
    403,
    "I serve the people of {domains} only. You can take what they send you, but not send from here.",
  ),
  "not-allowed": row("auth", "not-authorized", 403, "You may not do that."),
  blocked: row("cancel", "not-acceptable", 403, "{who} does not take files from you."),
  "too-many-requests": row("wait", "policy-violation", 429, "That was a bit much at once. Please try again in {wait}."),
  // limits
  "too-large": row("modify", "not-acceptable", 413, "{name} is too large: {size}, and I take files of up to {limit}."),
  "larger-than-said": row(
    "modify",
    "bad-request",
    413,
    "{name} brought more bytes than were announced ({size}), so I did not keep it.",
  ),
  "shorter-than-said": row("wait", "bad-request", 400, "{name} ended after {got} of {size}, so I did not keep it."),
  "over-quota": row(
    "wait",
    "resource-constraint",
    507,
    "Your room is full: {used} of {quota} are taken, and {name} needs {size}. Say “del” with what you can spare.",
  ),
  "empty-file": row("modify", "not-acceptable", 400, "{name} is empty, so there is nothing to keep."),
  "wrong-hash": row(
    "modify",
    "bad-request",
    422,
    "{name} arrived damaged (its checksum is not the one that was announced), so I did not keep it. Please send it again.",
  ),
  "too-many-transfers": row(
    "wait",
    "resource-constraint",
    429,
    "You have {count} transfers under way. Please wait until one of them ends.",
  ),
  // fetching by a link
  "link-not-allowed": row("cancel", "not-allowed", 403, "I may not fetch from that address."),
  "link-bad": row("modify", "bad-request", 400, "That link is not one that I can fetch: {why}."),
  "link-unreachable": row(
    "wait",
    "remote-server-timeout",
    502,
    "I could not reach {host}, where {name} is kept. Please try again later.",
  ),
  "link-refused": row("cancel", "item-not-found", 502, "{host} would not give me {name} (it answered {status})."),
  "link-too-slow": row("wait", "remote-server-timeout", 504, "{host} was too slow with {name}, so I gave up."),
  "link-changed": row(
    "wait",
    "conflict",
    502,
    "{name} changed at {host} while I was fetching it. Please send it again.",
  ),
  // byte streams
  "stream-cut": row(
    "wait",
    "remote-server-timeout",
    502,
    "The transfer of {name} was cut. Send it again: what has come is kept for a while, and your client goes on from there if it can.",
  ),
  "stream-unreachable": row("wait", "remote-server-timeout", 502, "I could not connect to your client for {name}."),
  "no-method": row("cancel", "feature-not-implemented", 415, "Your client and I have no way in common to move {name}."),
  // capabilities of our own
  "link-ended": row("cancel", "gone", 410, "This link has ended."),
  "range-not-satisfiable": row("modify", "bad-request", 416, "That part of the file does not exist."),
  "precondition-failed": row("modify", "conflict", 412, "This is another file than the one that was asked for."),
  "method-not-allowed": row("cancel", "not-allowed", 405, "Only GET and HEAD work here."),
  // what cannot be read
  encrypted: row(
    "modify",
    "not-acceptable",
    415,
    "That message was encrypted ({scheme}), and I have no key to it. Please switch encryption off for this chat and send it again.",
  ),
  infected: row("modify", "not-acceptable", 422, "{name} is infected ({virus}), so I did not keep it."),
  "scanner-down": row(
    "wait",
    "internal-server-error",
    503,
    "The virus check does not answer just now. Please try again in a moment.",
  ),
  "too-large-to-scan": row("modify", "not-acceptable", 413, "{name} is too large for the virus check."),
  "too-many-invitations": row(
    "wait",
    "policy-violation",
    429,
    "That is too many people at once who do not know me. Please try {who} again tomorrow.",
  ),
  "no-such-group": row(
    "cancel",
    "item-not-found",
    404,
    "You have no group “{group}”. Say “grouplist” for those you have.",
  ),
  // our own state
  offline: row(
    "wait",
    "remote-server-timeout",
    503,
    "I am not connected to the server just now. Please try again in a moment.",
  ),
  stopping: row("wait", "service-unavailable", 503, "I am being restarted. Please try again in a moment."),
  "storage-down": row(
    "wait",
    "internal-server-error",
    503,
    "My storage does not answer just now, so I could not do that. Please try again in a moment; nothing that I keep is lost.",
  ),
  "disk-full": row(
    "wait",
    "resource-constraint",
    507,
    "My storage is full, so I could not keep {name}. The operator has been told. What I already keep is safe.",
  ),
  "index-down": row(
    "wait",
    "internal-server-error",
    503,
    "My records do not answer just now. Please try again in a moment; nothing that I keep is lost.",
  ),
  internal: row(
    "wait",
    "internal-server-error",
    500,
    "Something went wrong on my side. It has been noted. Please try again.",
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
export type Details = Readonly<Record<string, string | number>>;

/** An expected no. `details` fill the sentence's gaps; `cause` is for the log. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly details: Details;

  constructor(code: ErrorCode, details: Details = {}, options?: { cause?: unknown }) {
    super(fill(ERRORS[code].sentence, details), options);
    this.name = "Refusal";
    this.code = code;
    this.details = details;
  }

  get row(): ErrorRow {
    return ERRORS[this.code];
  }
}

/** Fills `{name}` gaps; a gap without a value becomes nothing. */
export function fill(sentence: string, details: Details): string {
  return sentence.replace(/\{(\w+)\}/g, (_, key: string) => (Object.hasOwn(details, key) ? String(details[key]) : ""));
}

/** What a peer may be told of any thrown value: a refusal as it is, everything else as "internal". */
export function asRefusal(thrown: unknown): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal("internal", {}, { cause: thrown });
}
