/** What a right to upload lays down for a file that comes in by it (XEP-0363). Pure. */
import type { Instant, UploadRight } from "../ports.js";

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

export function termsOf({ kind, hash, purpose }: UploadRight): Terms {
  if (kind !== "slot") return {};
  const [word, end] = purpose.split(" ");
  return { slot: hash, ...(word === "ephemeral" && { until: Number(end) }) };
}

/** A purpose as it is kept, which for what is ephemeral tells its end (XEP-0363 §5.3). */
export function keptPurpose(purpose: string, end: Instant): string {
  return purpose === "ephemeral" ? `ephemeral ${end}` : purpose;
}
