/** What the codecs beside this file need to read a tree that a stranger wrote: everything may be missing, doubled or nonsense. */
import type { Element } from "../stanza.js";

/** Longest value of one field that is taken, in UTF-16 units; what is longer is as good as missing. */
const MAX_FIELD = 8192;

/** An attribute's value; undefined when it is missing, empty or longer than `max`. */
export function attribute(element: Element, name: string, max = MAX_FIELD): string | undefined {
  return measured((element.attrs as Record<string, unknown>)[name], max);
}

/** The trimmed text of the first child with that name in the element's own namespace; undefined when it is missing, empty or longer than `max`. */
export function field(element: Element, name: string, max = MAX_FIELD): string | undefined {
  const child = element.getChild(name, element.getNS());
  return child && measured(child.getText().trim(), max);
}

/** Digits alone, and no more than can be counted exactly: "-1", "1e999", "0x10" and "NaN" are no numbers. */
export function count(text: string | undefined): number | undefined {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** What every reader of several children does: the values of those children that it can read. */
export function every<T>(children: readonly Element[], read: (element: Element) => T | undefined): T[] {
  return children.map(read).filter((value) => value !== undefined);
}

function measured(value: unknown, max: number): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= max ? value : undefined;
}
