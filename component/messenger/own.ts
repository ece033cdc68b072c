/**
 * Strings of their own. A piece of a text is to V8 a view of the whole: one name that is remembered for an hour keeps the 64 KiB that were
 * read with it, and who sends many of them fills the memory with what nobody wanted to keep.
 */

/** Shorter pieces V8 copies by itself. */
const VIEW = 13;
/** What is longer than this is a good part of its read, and nothing that is remembered. */
const LONG = 4096;

/** Three bytes a unit at the most. */
const scratch = Buffer.allocUnsafeSlow(3 * LONG);

/** The same text, which keeps nothing else in memory. It must be well-formed UTF-16, as what was decoded from UTF-8 is. */
export function own(text: string): string {
  if (text.length < VIEW || text.length > LONG) return text;
  return scratch.toString("utf8", 0, scratch.write(text, 0, "utf8"));
}
