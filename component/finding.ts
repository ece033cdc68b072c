/** What `restante doctor` has to say of one part. */
import { isIPv6 } from "node:net";
import { Refusal } from "./lib/errors.js";
import { causes } from "./lib/log.js";

/** One line of the report. `remedy`: what to do about it; absent when all is well. */
export interface Finding {
  readonly ok: boolean;
  readonly what: string;
  readonly remedy?: string;
}

export const good = (what: string): Finding => ({ ok: true, what });
export const bad = (what: string, remedy: string): Finding => ({ ok: false, what, remedy });

/** What was thrown, in one line, down to what caused it. A refusal's own sentence is for people in a chat, and counts where there is no other. */
export function wordsOf(thrown: unknown): string {
  const words: string[] = [];
  for (const e of causes(thrown)) {
    if (words.length === 4) break;
    if (!(e instanceof Refusal && e.cause !== undefined)) words.push(e.message || e.code || "unknown");
  }
  return [...new Set(words)].join(": ").replace(/\s+/g, " ");
}

/** A host and a port as they are written: an IPv6 address stands in brackets. */
export function place({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
