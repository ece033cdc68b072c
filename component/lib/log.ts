/** Structured logs. Nothing secret may reach them: links and configured secrets are never logged. */
import { pino, type Logger } from "pino";

export type Log = Logger;

/** A log to standard error, one JSON object a line (`level` as in pino; "silent" for none). */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          "secret",
          "token",
          "*.secret",
          "*.token",
          "secret_key",
          "*.secret_key",
          "headers.authorization",
          "headers.cookie",
        ],
        censor: "…",
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** A database's URL as it may be logged: without the user part and the query, where passwords are. Of a link, nothing but its host may be. */
export function loggable(url: string): string {
  try {
    const u = new URL(url);
    return `${u.protocol}//${u.host}${u.pathname}`;
  } catch {
    return "(no URL)";
  }
}

/** What was thrown, what caused that, and so on. */
export function* causes(thrown: unknown): Generator<Partial<NodeJS.ErrnoException>> {
  for (let e = thrown as Partial<NodeJS.ErrnoException> | undefined; e; e = e.cause as typeof e) yield e;
}

/** For the operator: what went wrong, down to the socket's own word. Sentences alone, because errors carry whatever was being read or written. */
export function reasonsOf(thrown: unknown): string[] {
  const reasons: string[] = [];
  for (const { code, message } of causes(thrown)) {
    if (reasons.length === 5) break;
    reasons.push(code === undefined ? String(message) : `${code}: ${message}`);
  }
  return reasons;
}
