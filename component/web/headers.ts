/**
 * The headers of a kept file. Whatever it is, it never becomes a page of ours: attachment, nosniff, a sandbox without sources
 * (RFC 6266, RFC 8187, CSP 3). Any page may fetch it, because web clients live on other origins and the token is the only right.
 */
import type { FileFacts } from "../control/ports.js";
import { fileName } from "../lib/file-name.js";

/** On every answer. */
export const SAFE = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex, nofollow, noarchive",
} as const;

/** On every answer under a link, so that a web client can also read why not. */
export const CROSS_ORIGIN = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "accept-ranges, content-disposition, content-length, content-range, etag",
  "cross-origin-resource-policy": "cross-origin",
} as const;

/** Answers to a preflight (Range with several parts, and If-Range, are not among the headers that need none). */
export const PREFLIGHT = {
  "access-control-allow-methods": "GET, HEAD",
  "access-control-allow-headers":
    "authorization, range, if-range, if-match, if-none-match, if-modified-since, if-unmodified-since",
  "access-control-max-age": "86400",
} as const;

/** What describes the file whether or not its bytes follow. */
export function fileHeaders(file: FileFacts): Record<string, string> {
  return {
    ...SAFE,
    ...CROSS_ORIGIN,
    "accept-ranges": "bytes",
    // A link ends: a browser may keep the bytes, but has to ask whether it may still show them.
    "cache-control": "private, no-cache",
    "content-security-policy": "sandbox; default-src 'none'",
    "content-disposition": disposition(file.name),
    // Between us and nginx: pass the bytes on as they come, or it would take in a gigabyte ahead of a slow client, and we report it as sent.
    "x-accel-buffering": "no",
  };
}

/** `attachment` with the name twice: in ASCII for old clients, in full for the others (RFC 6266 §4.3, appendix D). */
export function disposition(name: string): string {
  const full = fileName(name);
  const ascii = full.replace(/[^\x20-\x7e]+/g, "_").replace(/["\\%]/g, "_");
  const extended = encodeURIComponent(full).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${extended}`;
}

const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "text/plain"]);

/** The type as it was found, where clients show or play it and it can run nothing; else a heap of bytes. */
export function mediaType(found: string): string {
  const essence = found.split(";")[0]!.trim().toLowerCase();
  return SHOWN.has(essence) || /^(audio|video)\/[a-z0-9][a-z0-9.+-]{0,60}$/.test(essence)
    ? essence
    : "application/octet-stream";
}
