/** What a right to upload lays down for a file that comes in by it (XEP-0363). Pure. */
import type { Instant, UploadRight } from "./ports.js";

export interface Terms {
  /** The slot that is used up by it. Its file is told of by the client that asked for it: nobody hears of it from us in chat. */
  readonly slot?: string;
  /** It is kept no longer than this. */
  readonly until?: Instant;
}

/** Ways in by which a right is used; its hash is their intakes' `source`. */
const BY_RIGHT = ["slot", "form", "tus"];

/** Whether an intake has come by a right. */
export function isByRight({ method }: { readonly method: string }): boolean {
  return BY_RIGHT.includes(method);
}

/** `keep`: how long what is ephemeral is kept at most, in ms. */
export function termsOf(right: UploadRight, keep: number, now: Instant): Terms {
  if (right.kind !== "slot") return {};
  const ends = endOf(right.purpose);
  return { slot: right.hash, ...(ends !== undefined && { until: Math.min(ends, now + keep) }) };
}

/** A purpose as it is kept: "ephemeral" with the end that was asked for (§5.3), if one was. */
export function keptPurpose(purpose: string, until: Instant | undefined): string {
  return purpose === "ephemeral" && until !== undefined ? `ephemeral ${until}` : purpose;
}

function endOf(purpose: string): Instant | undefined {
  const [word, end] = purpose.split(" ");
  return word === "ephemeral" ? Number(end ?? Infinity) : undefined;
}
