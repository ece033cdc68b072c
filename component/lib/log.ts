/** Structured logs. Nothing secret may reach them: capability URLs lose their token, configured secrets are never logged. */
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

/** A URL that may be logged: what identifies, not what opens. Query, fragment and user part go, and long path segments are cut. */
export function loggable(url: string): string {
  try {
    const u = new URL(url);
    const path = u.pathname.replace(/[^/]{17,}/g, (s) => `${s.slice(0, 4)}…`);
    return `${u.protocol}//${u.host}${path}`;
  } catch {
    return "(no URL)";
  }
}
