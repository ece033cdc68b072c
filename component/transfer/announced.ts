/** What the headers of an answer say of a file: its name (RFC 6266, RFC 8187), size and type (RFC 9110). Pure. */
import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { parse } from "content-disposition";
import type { Announced } from "../control/ports.js";
import { oneLine } from "../control/words.js";
import { fileName } from "../lib/file-name.js";
import { lastSegment } from "../lib/link-url.js";

/** `name`: what it is called by whoever gave the link, which counts most; `url`: where it was found in the end. */
export function announcedBy(headers: IncomingHttpHeaders, url: URL, name: string | undefined): Announced {
  return {
    name: fileName(oneLine(name || fileNameOf(headers["content-disposition"]) || lastSegment(url))),
    size: sizeOf(headers["content-length"]),
    mediaType: typeOf(headers["content-type"]),
  };
}

function fileNameOf(header: string | undefined): string | undefined {
  const name = header === undefined ? undefined : parse(header).parameters["filename"];
  if (name === undefined || /[^\0-\xff]/.test(name)) return name;
  // COMPAT: many write UTF-8 where RFC 6266 has only ASCII; headers are read as Latin-1.
  const raw = Buffer.from(name, "latin1");
  return isUtf8(raw) ? raw.toString() : name;
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
