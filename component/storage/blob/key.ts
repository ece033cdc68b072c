/** What all stores check in the same way: keys and spans. */
import type { Span } from "../../control/ports.js";

/** Whether the text has the shape of a key that `randomId` makes. */
export function isKey(text: string): boolean {
  return /^[\w-]{22}$/.test(text);
}

/** Keys are made by us and never contain a stranger's words: another shape is a mistake in the program. Throws TypeError. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new TypeError(`not a blob's key: ${JSON.stringify(key)}`);
}

/** The span to read of an object of `size` bytes. Throws RangeError when it lies outside. */
export function checkSpan(span: Span | undefined, size: number): Span {
  const { start, end } = span ?? { start: 0, end: size };
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start > end || end > size)
    throw new RangeError(`no such span of ${size} bytes: ${start} to ${end}`);
  return { start, end };
}
