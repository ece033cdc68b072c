/**
 * XEP-0428 Fallback Indication, version 0.2.1, of bodies. It matters here because a reply (XEP-0461) quotes in its body what it
 * answers, and because the body of a reaction, a retraction or a poll is no command. Left out: `<subject/>`.
 */
import { type Element, xml } from "../stanza.js";
import { attribute, count } from "./read.js";

export const NS = "urn:xmpp:fallback:0";

export interface Fallback {
  /** The namespace of what it stands in for; "" when it does not say. */
  readonly for: string;
  /** Half-open ranges of code points (XEP-0426); "all": the whole body. */
  readonly body: "all" | readonly (readonly [start: number, end: number])[];
}

export function read(element: Element): Fallback | undefined {
  if (!element.is("fallback", NS)) return undefined;
  const regions = element.getChildren("body", NS);
  const ranges = regions.map((region) => {
    const [start, end] = [attribute(region, "start"), attribute(region, "end")];
    return start === undefined && end === undefined
      ? undefined
      : ([count(start) ?? 0, count(end) ?? Infinity] as const);
  });
  const all = element.getChildElements().length === 0 || ranges.includes(undefined);
  return {
    for: attribute(element, "for") ?? "",
    body: all ? "all" : ranges.filter((range) => range !== undefined),
  };
}

/** Of a fallback that is the whole body. */
export function write(fallback: Fallback & { readonly body: "all" }): Element {
  return xml("fallback", { xmlns: NS, for: fallback.for }, xml("body"));
}

/** More ranges than any client writes; each is looked at for each character of the body. */
const MAX_RANGES = 16;

/** What of a body its sender meant for everybody. */
export function withoutFallback(body: string, fallbacks: readonly Fallback[]): string {
  if (fallbacks.length === 0) return body;
  if (fallbacks.some((fallback) => fallback.body === "all")) return "";
  const ranges = fallbacks.flatMap((fallback) => (fallback.body === "all" ? [] : fallback.body)).slice(0, MAX_RANGES);
  return [...body].filter((_, at) => !ranges.some(([start, end]) => at >= start && at < end)).join("");
}
