/** A kept name as one that may stand in a URL's path and in a header, and that no client can take for a path. */

/** Most file systems take names of 255 bytes; a client may add " (1)" or ".part". */
const LONGEST = 240;

/**
 * The last segment of `name`, well-formed, without controls, separators, direction marks and what Windows forbids; never empty, never
 * hidden, never "..", at most 240 bytes of UTF-8. The ending survives the cut, because clients judge by it.
 */
export function fileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1)!;
  const clean = last
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, "")
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(/[<>:"|?*]/g, "_")
    .replace(/^[\s.]+|(?<![\s.])[\s.]+$/g, "");
  return cut(clean) || "file";
}

function cut(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST) return name;
  const ending = /\.[A-Za-z0-9]{1,12}$/.exec(name)?.[0] ?? "";
  let stem = "";
  let room = LONGEST - ending.length;
  for (const char of name.slice(0, name.length - ending.length)) {
    room -= Buffer.byteLength(char);
    if (room < 0) break;
    stem += char;
  }
  return stem.trimEnd() + ending;
}
