/** What is said between the one who wants a picture looked at and the process that does it. Pure. */
import { MOST_THUMBNAIL, type Picture } from "../control/ports.js";

/** Larger pictures are not looked at, in pixels: a decoder may need four bytes for each. Telephones make up to 50 million. */
export const MOST_PIXELS = 64_000_000;
/** Larger files are not, in bytes: they lie in memory as a whole. */
export const MOST_BYTES = 32 * 1024 * 1024;
/** So long may one step of it take, in seconds. */
export const SECONDS = 10;

/** The longest answer, in characters. */
export const MOST_ANSWER = 2 * MOST_THUMBNAIL;

/** A {@link Picture} as JSON: bytes in base64. */
export interface Likeness {
  readonly width: number;
  readonly height: number;
  readonly thumbnail?: {
    readonly mediaType: "image/jpeg" | "image/png";
    readonly width: number;
    readonly height: number;
    readonly bytes: string;
  };
}

const isSide = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0 && (value as number) < 1e6; // prettier-ignore

/** Undefined for what is no likeness: who answers has handled bytes from strangers, and is not believed either. */
export function readLikeness(line: string): Picture | undefined {
  const { width, height, thumbnail } = (JSON.parse(line) ?? {}) as Partial<Likeness>;
  if (!isSide(width) || !isSide(height)) return undefined;
  if (!thumbnail) return { width, height };
  const bytes = Buffer.from(thumbnail.bytes, "base64");
  if (bytes.length === 0 || bytes.length > MOST_THUMBNAIL) return undefined;
  if (!isSide(thumbnail.width) || !isSide(thumbnail.height)) return undefined;
  const mediaType = thumbnail.mediaType === "image/png" ? "image/png" : "image/jpeg";
  return { width, height, thumbnail: { mediaType, width: thumbnail.width, height: thumbnail.height, bytes } };
}
