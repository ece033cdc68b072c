/**
 * Which bytes a Range header asks for (RFC 9110 §14). Pure.
 * Left out: units other than bytes, which are ignored as the RFC allows.
 */
import type { Span } from "../control/ports.js";

export type Wanted =
  | { readonly kind: "all" } // none asked for, or asked in a way that is to be ignored
  | { readonly kind: "parts"; readonly parts: readonly [Span, ...Span[]] }
  | { readonly kind: "none" }; // nothing of it exists: 416

/** Asked for more, a client gets everything: §14.2 warns of requests for many small or overlapping ranges. */
const MOST_ASKED = 64;
const MOST_PARTS = 16;
/** Nearer than this, two parts cost less as one (a part's header takes about as much). */
const NEAR = 128;

const ALL: Wanted = { kind: "all" };

/** Reads the header for a file of `size` bytes. Parts are in the order asked for, disjoint, apart, and not empty. */
export function parseRange(header: string | undefined, size: number): Wanted {
  const set = /^bytes=(.*)$/i.exec(header?.trim() ?? "")?.[1];
  if (set === undefined) return ALL;
  const asked = set.split(",", MOST_ASKED + 1);
  if (asked.length > MOST_ASKED) return ALL;
  let parts: Span[] = [];
  let specs = 0;
  for (const item of asked) {
    const spec = item.trim();
    if (spec === "") continue; // §5.6.1.2: empty elements of a list are nothing
    const span = spanOf(spec, size);
    if (span === "malformed") return ALL;
    specs++;
    if (span) parts = merge(parts, span);
  }
  if (specs === 0 || parts.length > MOST_PARTS) return ALL;
  const [first, ...rest] = parts;
  // A suffix of nothing is satisfiable (§14.1.2) but cannot be written as a Content-Range.
  if (first && first.end === first.start) return ALL;
  return first ? { kind: "parts", parts: [first, ...rest] } : { kind: "none" };
}

/** undefined: well-formed, but nothing of it exists. */
function spanOf(spec: string, size: number): Span | "malformed" | undefined {
  const m = /^(\d*)-(\d*)$/.exec(spec);
  if (!m || (m[1] === "" && m[2] === "")) return "malformed";
  if (m[1] === "") {
    const length = Number(m[2]);
    return length === 0 ? undefined : { start: Math.max(0, size - length), end: size };
  }
  const start = Number(m[1]);
  const last = m[2] === "" ? Infinity : Number(m[2]);
  if (last < start) return "malformed";
  return start >= size ? undefined : { start, end: Math.min(last, size - 1) + 1 };
}

/** Joins the span with all that it touches or nearly touches, at the place of the first of them. */
function merge(parts: readonly Span[], span: Span): Span[] {
  let { start, end } = span;
  const near = (p: Span): boolean => p.start <= end + NEAR && start <= p.end + NEAR;
  // Joining may reach further parts, so look again until nothing changes.
  for (let before = -1; before !== end - start;) {
    before = end - start;
    for (const p of parts)
      if (near(p)) {
        start = Math.min(start, p.start);
        end = Math.max(end, p.end);
      }
  }
  const at = parts.findIndex(near);
  const apart = parts.filter((p) => !near(p));
  if (at < 0) return [...apart, { start, end }];
  return [...apart.slice(0, at), { start, end }, ...apart.slice(at)];
}
