/** multipart/byteranges (RFC 9110 §14.6): what stands around the parts. Pure. */
import type { Span } from "../control/ports.js";
import { randomId } from "../lib/ids.js";

export interface Multipart {
  readonly type: string;
  /** Bytes of the whole body. */
  readonly length: number;
  /** What goes before each part, in their order. */
  readonly heads: readonly Buffer[];
  /** What goes after the last. */
  readonly tail: Buffer;
}

/** `bytes 5-9/100`. */
export function contentRange(span: Span, size: number): string {
  return `bytes ${span.start}-${span.end - 1}/${size}`;
}

/** The frame for these parts of a file. The boundary cannot be known to who wrote the file. */
export function multipart(parts: readonly Span[], size: number, mediaType: string): Multipart {
  const boundary = randomId();
  const heads = parts.map((part) =>
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${mediaType}\r\nContent-Range: ${contentRange(part, size)}\r\n\r\n`,
    ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const length = parts.reduce((sum, part, i) => sum + heads[i]!.length + part.end - part.start, tail.length);
  return { type: `multipart/byteranges; boundary=${boundary}`, length, heads, tail };
}
