/** Conditional requests (RFC 9110 §13), in the order of its §13.2.2. Pure. Left out: nothing. */

/** What identifies the bytes: they never change, so both validators are strong. */
export interface Validators {
  /** With its quotes. */
  readonly etag: string;
  /** Whole seconds, in ms since the epoch. */
  readonly modified: number;
}

export type Verdict =
  | "send" // with the ranges that are asked for
  | "send-all" // If-Range: they are ranges of something else
  | "not-modified" // 304
  | "failed"; // 412

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Judges a GET or HEAD. */
export function judge(headers: Headers, is: Validators): Verdict {
  const field = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  };
  const match = field("if-match");
  if (match !== undefined) {
    if (!listed(match, is.etag, "strong")) return "failed";
  } else {
    const unmodified = httpDate(field("if-unmodified-since"));
    if (unmodified !== undefined && is.modified > unmodified) return "failed";
  }
  const noneMatch = field("if-none-match");
  if (noneMatch !== undefined) {
    if (listed(noneMatch, is.etag, "weak")) return "not-modified";
  } else {
    const modified = httpDate(field("if-modified-since"));
    if (modified !== undefined && is.modified <= modified) return "not-modified";
  }
  const range = field("if-range")?.trim();
  if (range === undefined) return "send";
  const same = /^(W\/)?"/.test(range) ? range === is.etag : httpDate(range) === is.modified;
  return same ? "send" : "send-all";
}

/** Whether a list of entity tags, or `*`, names this one. A weak tag never matches strongly (§8.8.3.2). */
function listed(list: string, etag: string, comparison: "strong" | "weak"): boolean {
  if (list.trim() === "*") return true;
  for (const [, weak, tag] of list.matchAll(/(W\/)?("[^"]*")/g))
    if (tag === etag && (comparison === "weak" || weak === undefined)) return true;
  return false;
}

const IMF = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const RFC850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [\d ]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/** One of the three forms of §5.6.7, in ms; undefined for anything else, which is to be ignored. */
export function httpDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim();
  if (!IMF.test(value) && !RFC850.test(value) && !ASCTIME.test(value)) return undefined;
  const time = Date.parse(ASCTIME.test(value) ? `${value} GMT` : value);
  return Number.isNaN(time) ? undefined : time;
}
