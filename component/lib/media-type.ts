/** What a file is, by its first bytes; its name helps only where bytes cannot tell. Never what the sender says. */
import { fileTypeFromBuffer } from "file-type";
import mime from "mime";

/** How many first bytes {@link sniff} wants. */
export const SNIFF_BYTES = 4100;

const UNKNOWN = "application/octet-stream";

/** The media type of a file with these first bytes and this name. */
export async function sniff(head: Uint8Array, name: string): Promise<string> {
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (found) return found.mime;
  // Plain text has no marks of its own: believed by its name only when it is text.
  const byName = mime.getType(name) ?? UNKNOWN;
  const textual = !head.includes(0) && isUtf8(head);
  if (byName.startsWith("text/") || byName === "application/json" || byName === "image/svg+xml")
    return textual ? byName : UNKNOWN;
  return textual && byName === UNKNOWN && head.length > 0 ? "text/plain" : UNKNOWN;
}

function isUtf8(head: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
