/** What the headers of an answer say of a file: its name (RFC 6266, RFC 8187), size and type (RFC 9110). Pure. */
import type { IncomingHttpHeaders } from "node:http";
import { parse } from "content-disposition";
import type { Announced } from "../control/ports.js";

/** `name`: what it is called by whoever gave the link, which counts most; `url`: where it was found in the end. */
export function announcedBy(headers: IncomingHttpHeaders, url: URL, name: string | undefined): Announced {
  const called = [name, fileNameOf(headers["content-disposition"]), lastSegment(url)];
  return {
    name: called.map((n) => labelOf(n ?? "")).find((n) => n !== "") ?? "file",
    size: sizeOf(headers["content-length"]),
    mediaType: typeOf(headers["content-type"]),
  };
}

/** A name without the path before it and without what no name has: a label, never a path (CVE-2021-33896). */
function labelOf(name: string): string {
  const last = name.split(/[/\\]/).pop()!;
  const clean = last.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "").trim();
  return /^\.*$/.test(clean) ? "" : clean;
}

function fileNameOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : parse(header).parameters["filename"];
}

/** The last segment of a link's path, decoded. */
export function lastSegment(url: URL): string {
  const last = url.pathname.split("/").pop()!;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function sizeOf(header: string | undefined): number | undefined {
  const size = /^\d+$/.test(header ?? "") ? Number(header) : undefined;
  return Number.isSafeInteger(size) ? size : undefined;
}

/** Without parameters; what is none is bytes. */
function typeOf(header: string | undefined): string {
  const type = header?.split(";")[0]!.trim().toLowerCase() ?? "";
  return /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/.test(type) ? type : "application/octet-stream";
}
