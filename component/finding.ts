/** What `restante doctor` has to say of one part. */

/** One line of the report. `remedy`: what to do about it; absent when all is well. */
export interface Finding {
  readonly ok: boolean;
  readonly what: string;
  readonly remedy?: string;
}

export const good = (what: string): Finding => ({ ok: true, what });
export const bad = (what: string, remedy: string): Finding => ({ ok: false, what, remedy });

/** What was thrown, in one line, down to what caused it. */
export function wordsOf(thrown: unknown): string {
  const words: string[] = [];
  for (let e = thrown as Partial<NodeJS.ErrnoException> | undefined; e && words.length < 4; e = e.cause as typeof e)
    words.push(e.message || e.code || "unknown");
  return [...new Set(words)].join(": ").replace(/\s+/g, " ");
}
