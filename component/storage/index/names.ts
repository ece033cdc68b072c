/** How texts from outside are kept, and names found. */
import { createHash } from "node:crypto";

/** The text as both databases can keep it: well-formed Unicode without U+0000 (PostgreSQL refuses it, SQLite's driver would cut there). */
export function keepable(text: string): string {
  return Buffer.from(text.replaceAll("\0", ""), "utf8").toString("utf8");
}

/**
 * What a name is found by, whatever its case and composition. A digest, since names may be longer than what a
 * PostgreSQL index takes (2,704 bytes).
 */
export function nameKey(name: string): string {
  const folded = keepable(name).normalize("NFC").toLowerCase();
  return createHash("sha256").update(folded).digest("base64url").slice(0, 22);
}
