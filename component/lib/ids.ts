/** Everything that must not be guessed comes from here, and only from the system's own generator. */
import { createHash, randomBytes } from "node:crypto";

/** 128 random bits, 22 characters of base64url. For stanza ids, blob keys, row ids. */
export function randomId(): string {
  return randomBytes(16).toString("base64url");
}

/** A capability: 128 random bits for its holder, and the hash that is all we keep of it. */
export function newToken(): { token: string; hash: string } {
  const token = randomId();
  return { token, hash: hashToken(token) };
}

/** SHA-256 of a capability, hex: what rows are found by. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
