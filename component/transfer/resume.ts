/**
 * How a fetch that was cut goes on (RFC 9110 §13–14). Pure: what to ask for, and what an answer means.
 *
 * A part is asked for only where the peer gave something by which it can tell that the file is still the same (If-Range).
 * A peer that has no such thing (ejabberd), or knows no ranges, sends all of it again: then what has been taken is left out, after it was
 * compared with what comes, or because the validator is still the same. Never a range from 0: Prosody's http_file_share answers that with 416.
 */
import type { IncomingHttpHeaders } from "node:http";

/** What the first answer said. */
export interface Origin {
  /** A strong entity-tag, else the date of the last change; undefined: there is nothing to compare. */
  readonly validator: string | undefined;
  /** Bytes of the whole file, when it was said. */
  readonly size: number | undefined;
}

export function originOf(headers: IncomingHttpHeaders, size: number | undefined): Origin {
  const tag = headers.etag;
  const strong = tag !== undefined && !tag.startsWith("W/");
  return { validator: strong ? tag : headers["last-modified"], size };
}

/** The headers that ask for the bytes from `got` on. */
export function rangeHeaders(origin: Origin, got: number): Record<string, string> {
  if (got === 0 || origin.validator === undefined) return {};
  return { range: `bytes=${got}-`, "if-range": origin.validator };
}

/** What an answer to {@link rangeHeaders} means. */
export type Continuation =
  | "append" // the bytes from `got` on
  | "skip" // all bytes; the first `got` are the same
  | "compare" // all bytes; whether the first `got` are the same must be looked at
  | "complete" // nothing is missing
  | "short" // the file ends where we are, though more was said
  | "changed" // it is another file now
  | "refused"; // a status that has no bytes

export function continuationOf(
  origin: Origin,
  got: number,
  status: number,
  headers: IncomingHttpHeaders,
  size: number | undefined,
): Continuation {
  if (status === 200) {
    const again = originOf(headers, size);
    if (again.size !== origin.size || again.validator !== origin.validator) return "changed";
    return origin.validator === undefined ? "compare" : "skip";
  }
  if (status === 206) {
    const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
    const sameTotal = total === "*" || origin.size === undefined || Number(total) === origin.size;
    const sameLength = size === undefined || size === Number(end) - Number(start) + 1;
    const toTheEnd = total === "*" || Number(end) + 1 === Number(total);
    return Number(start) === got && got > 0 && sameTotal && sameLength && toTheEnd ? "append" : "changed";
  }
  if (status === 416) {
    const total = /^bytes \*\/(\d+)$/.exec(headers["content-range"] ?? "")?.[1];
    if (total === undefined || Number(total) !== got) return "changed";
    return origin.size === undefined || origin.size === got ? "complete" : "short";
  }
  return "refused";
}
