/** Texts that are kept for long. */

/** The same text, without holding on to the larger one that it was cut from: an engine keeps the whole of it for one slice. */
export function detached<T extends string>(text: T): T {
  return Buffer.from(text).toString() as T;
}
