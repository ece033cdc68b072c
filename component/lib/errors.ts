/**
 * The one closed list of ways in which Restante says no. Each code has its row: what a stanza says (RFC 6120 §8.3) and
 * what HTTP says; and in the catalogue of each language its sentence for people, `error/CODE`. Refusals that are expected are thrown
 * as {@link Refusal} and translated once, at the edge that speaks to the peer. Anything else that is thrown is a bug or a foreign error: logged, never shown.
 */
import { FALLBACK, render } from "./languages/index.js";
import { say, type Details, type Sentence } from "./said.js";

export type StanzaErrorType = "cancel" | "modify" | "auth" | "wait";

export interface ErrorRow {
  readonly type: StanzaErrorType;
  readonly condition: string;
  readonly http: number;
}

const row = (type: StanzaErrorType, condition: string, http: number): ErrorRow => ({ type, condition, http });

export const ERRORS = {
  // what was asked
  "unknown-command": row("cancel", "feature-not-implemented", 404),
  "bad-argument": row("modify", "bad-request", 400),
  "bad-address": row("modify", "jid-malformed", 400),
  "no-such-file": row("cancel", "item-not-found", 404),
  "ambiguous-name": row("modify", "conflict", 409),
  "no-such-parcel": row("cancel", "item-not-found", 404),
  "wrong-state": row("cancel", "unexpected-request", 409),
  "no-such-group": row("cancel", "item-not-found", 404),
  "not-found": row("cancel", "item-not-found", 404),
  "not-understood": row("modify", "bad-request", 400),
  "no-such-service": row("cancel", "service-unavailable", 404),
  "stanza-too-large": row("modify", "policy-violation", 413),
  "read-only": row("cancel", "not-allowed", 405),
  // who asked, and for whom
  "not-a-member": row("auth", "registration-required", 403),
  "not-allowed": row("auth", "not-authorized", 403),
  blocked: row("cancel", "not-acceptable", 403),
  "recipient-not-served": row("cancel", "not-allowed", 403),
  "too-many-requests": row("wait", "policy-violation", 429),
  "too-many-invitations": row("wait", "policy-violation", 429),
  // limits
  "too-large": row("modify", "not-acceptable", 413),
  "larger-than-said": row("modify", "bad-request", 413),
  "shorter-than-said": row("wait", "bad-request", 400),
  "over-quota": row("wait", "resource-constraint", 507),
  "empty-file": row("modify", "not-acceptable", 400),
  "wrong-hash": row("modify", "bad-request", 422),
  "other-file": row("modify", "bad-request", 422),
  "too-many-transfers": row("wait", "resource-constraint", 429),
  // fetching by a link
  "link-not-allowed": row("cancel", "not-allowed", 403),
  "link-bad": row("modify", "bad-request", 400),
  "link-unreachable": row("wait", "remote-server-timeout", 502),
  "link-refused": row("cancel", "item-not-found", 502),
  "link-too-slow": row("wait", "remote-server-timeout", 504),
  "link-changed": row("wait", "conflict", 502),
  // byte streams
  "stream-cut": row("wait", "remote-server-timeout", 502),
  "stream-unreachable": row("wait", "remote-server-timeout", 502),
  "no-method": row("cancel", "feature-not-implemented", 415),
  // capabilities of our own, and HTTP
  "link-ended": row("cancel", "gone", 410),
  "no-token": row("auth", "not-authorized", 401),
  "range-not-satisfiable": row("modify", "bad-request", 416),
  "precondition-failed": row("modify", "conflict", 412),
  "length-required": row("modify", "bad-request", 411),
  "called-off": row("cancel", "gone", 410),
  "wrong-checksum": row("wait", "bad-request", 460), // tus 1.0, checksum
  "method-not-allowed": row("cancel", "not-allowed", 405),
  // content that cannot be read, or must not be passed on
  encrypted: row("modify", "not-acceptable", 415),
  sealed: row("modify", "not-acceptable", 415),
  infected: row("modify", "not-acceptable", 422),
  "scanner-down": row("wait", "internal-server-error", 503),
  "too-large-to-scan": row("modify", "not-acceptable", 413),
  // our own state
  offline: row("wait", "remote-server-timeout", 503),
  stopping: row("wait", "service-unavailable", 503),
  "storage-down": row("wait", "internal-server-error", 503),
  "disk-full": row("wait", "resource-constraint", 507),
  "index-down": row("wait", "internal-server-error", 503),
  internal: row("wait", "internal-server-error", 500),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
export type { Details };

/** An expected no. `details` fill the sentence's gaps; `cause` is for the log. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly details: Details;

  constructor(code: ErrorCode, details: Details = {}, options?: { cause?: unknown }) {
    super(render(say(`error/${code}`, details), FALLBACK), options); // for logs
    this.name = "Refusal";
    this.code = code;
    this.details = details;
  }

  get row(): ErrorRow {
    return ERRORS[this.code];
  }

  /** For the person, in whatever language he is spoken to. */
  get said(): Sentence {
    return say(`error/${this.code}`, this.details);
  }
}

/** What a peer may be told of any thrown value: a refusal as it is, everything else as "internal". */
export function asRefusal(thrown: unknown): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal("internal", {}, { cause: thrown });
}
