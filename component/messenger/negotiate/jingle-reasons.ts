/** Our refusals in Jingle's words (XEP-0166 §7.4, XEP-0234 §9). */
import type { ErrorCode, Refusal } from "../../lib/errors.js";
import { type Language, render } from "../../lib/languages/index.js";
import type { Condition, Reason } from "../wire/xep0166-jingle.js";

const TOO_LARGE = { condition: "media-error", error: "file-too-large" } as const;

const REASONS: { readonly [C in ErrorCode]?: Reason } = {
  "not-a-member": { condition: "decline" },
  "not-allowed": { condition: "decline" },
  blocked: { condition: "decline" },
  "too-many-requests": { condition: "busy" },
  "too-many-transfers": { condition: "busy" },
  "too-large": TOO_LARGE,
  "larger-than-said": TOO_LARGE,
  "over-quota": TOO_LARGE,
  "disk-full": TOO_LARGE,
  "shorter-than-said": { condition: "media-error" },
  "wrong-hash": { condition: "media-error" },
  "other-file": { condition: "media-error" },
  infected: { condition: "media-error" },
  "empty-file": { condition: "incompatible-parameters" },
  "not-understood": { condition: "incompatible-parameters" },
  encrypted: { condition: "security-error" },
  "no-such-file": { condition: "failed-application", error: "file-not-available" },
  "no-method": { condition: "unsupported-transports" },
  "no-such-service": { condition: "unsupported-applications" },
  "stream-cut": { condition: "connectivity-error" },
  "stream-unreachable": { condition: "failed-transport" },
  offline: { condition: "gone" },
  stopping: { condition: "gone" },
  "scanner-down": { condition: "failed-application" },
  "storage-down": { condition: "failed-application" },
  "index-down": { condition: "failed-application" },
  internal: { condition: "failed-application" },
};

const OTHER: Reason = { condition: "general-error" };

/** What a session-terminate says for it; the text is the refusal's own. */
export function reasonOf(code: ErrorCode): Reason {
  return REASONS[code] ?? OTHER;
}

/** The same with its text, for people. */
export function reasonFor({ code, said }: Refusal, language: Language): Reason {
  return { ...reasonOf(code), text: render(said, language) };
}

/** A person's no, as against something that went wrong. */
export function isNo(condition: Condition): boolean {
  return condition === "decline" || condition === "cancel";
}
