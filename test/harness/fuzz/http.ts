/** What a web server hears (RFC 9110, 9112), and what it should never hear. */
import { createHash } from "node:crypto";
import type { Chance } from "../seeded.js";
import { nasty } from "./mutate.js";

const METHODS = ["GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE", "TRACE", "CONNECT", "PRI", "get", "FOO", "G\u0000T", ""]; // prettier-ignore
const HEADERS: readonly ((luck: Chance) => string)[] = [
  (luck) => `Range: bytes=${luck.pick(["0-", "0-0", "-1", "100-", "5-2", "899-900", "0-0,5-5,10-20", "-0", "9007199254740993-", "1e3-", "--", "0-1,".repeat(400)])}`,
  (luck) => `Range: ${nasty(luck)}`,
  (luck) => `If-Range: ${luck.pick(['"x"', 'W/"x"', "Sat, 01 Jan 2000 00:00:00 GMT", nasty(luck)])}`,
  (luck) => `If-None-Match: ${luck.pick(["*", '"x"', '"x", W/"y"', '"', nasty(luck)])}`,
  (luck) => `If-Match: ${luck.pick(["*", '"x"', nasty(luck)])}`,
  (luck) => `If-Modified-Since: ${luck.pick(["Sat, 01 Jan 2000 00:00:00 GMT", "Sat, 01 Jan 2100 00:00:00 GMT", nasty(luck)])}`,
  (luck) => `If-Unmodified-Since: ${luck.pick(["Sat, 01 Jan 2000 00:00:00 GMT", nasty(luck)])}`,
  (luck) => `Accept: ${luck.pick(["*/*", "text/html", "text/html;q=0", nasty(luck)])}`,
  (luck) => `Accept-Encoding: ${luck.pick(["gzip", "identity;q=0", nasty(luck)])}`,
  (luck) => `Accept-Language: ${luck.pick(["de", "ko;q=1, en", "*", nasty(luck)])}`,
  (luck) => `Content-Type: ${luck.pick(["text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "application/json", "application/offset+octet-stream", nasty(luck)])}`,
  (luck) => `Content-Length: ${luck.pick(["0", "5", "5, 5", "-1", "+5", "99999999999999999999", "0x5", nasty(luck)])}`,
  (luck) => `Transfer-Encoding: ${luck.pick(["chunked", "gzip, chunked", "chunked, identity", "x", " chunked"])}`,
  (luck) => `Connection: ${luck.pick(["close", "keep-alive", "upgrade", "close, x", nasty(luck)])}`,
  () => "Upgrade: websocket",
  (luck) => `Expect: ${luck.pick(["100-continue", "200-ok", nasty(luck)])}`,
  (luck) => `Origin: ${luck.pick(["http://evil.example", "null", nasty(luck)])}`,
  (luck) => `X-Forwarded-For: ${luck.pick(["1.2.3.4", "x", "1.2.3.4, ".repeat(300), nasty(luck)])}`,
  (luck) => `Cookie: ${nasty(luck)}`,
  (luck) => `Tus-Resumable: ${luck.pick(["1.0.0", "0.2.2", nasty(luck)])}`,
  (luck) => `Upload-Length: ${luck.pick(["5", "0", "-1", "1e309", nasty(luck)])}`,
  (luck) => `Upload-Offset: ${luck.pick(["0", "5", "-1", "x", nasty(luck)])}`,
  (luck) => `Upload-Metadata: ${luck.pick(["filename eC50eHQ=", "filename", "filename !!!!", "a b c", nasty(luck)])}`,
  (luck) => `Authorization: ${luck.pick(["Basic eDp5", "Bearer x", nasty(luck)])}`,
  (luck) => `${nasty(luck)}: x`,
  (luck) => `X-${"a".repeat(luck.pick([10, 8000, 20_000]))}: x`,
  () => " folded: x",
  () => "no colon here",
  () => "X: a\u0000b",
  () => "X: a\rb",
]; // prettier-ignore

export interface HttpTargets {
  /** Paths of files. */
  readonly links: readonly string[];
  /** Paths with rights to upload. */
  readonly uploads: readonly string[];
}

/** The bytes of one connection: one request or several, right or wrong. */
export function httpBytes(luck: Chance, targets: HttpTargets): Buffer {
  if (targets.uploads.length > 0 && luck.oneIn(8)) return rightPut(luck.pick(targets.uploads));
  const requests = luck.oneIn(6) ? 1 + luck.whole(luck.oneIn(10) ? 50 : 5) : 1;
  const all = Array.from({ length: requests }, () => request(luck, targets));
  let bytes = Buffer.concat(all);
  if (luck.oneIn(6)) bytes[luck.whole(bytes.length)]! ^= 1 << luck.whole(8);
  if (luck.oneIn(8)) bytes = bytes.subarray(0, luck.whole(bytes.length));
  return bytes;
}

function request(luck: Chance, { links, uploads }: HttpTargets): Buffer {
  const isUpload = uploads.length > 0 && luck.oneIn(2);
  const method = isUpload
    ? luck.pick(["PUT", "POST", "PATCH", "HEAD", "DELETE", "OPTIONS", "GET"])
    : luck.pick(METHODS);
  const version = luck.oneIn(12) ? luck.pick(["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.10", "", "HTTP/1.1 x"]) : "HTTP/1.1"; // prettier-ignore
  const lines = [`${method} ${isUpload ? road(luck, luck.pick(uploads)) : path(luck, links)} ${version}`];
  if (!luck.oneIn(15)) lines.push(luck.oneIn(15) ? `Host: ${nasty(luck)}` : "Host: localhost");
  for (let more = luck.whole(4); more > 0; more--) lines.push(luck.pick(HEADERS)(luck));
  const hasBody = isUpload || luck.oneIn(4);
  const body = hasBody ? bodyOf(luck, lines) : Buffer.alloc(0);
  if (luck.oneIn(12)) lines.push(lines[luck.whole(lines.length)]!);
  const ending = luck.oneIn(20) ? luck.pick(["\n", "\r", "\r\r\n"]) : "\r\n";
  return Buffer.concat([Buffer.from(lines.join(ending) + ending + ending), body]);
}

function path(luck: Chance, links: readonly string[]): string {
  const kind = luck.whole(8);
  const link = links.length > 0 ? luck.pick(links) : "/g/x/y";
  if (kind < 4) return link;
  if (kind === 4) return link.slice(0, luck.whole(link.length)) + luck.pick(["", "x", "/", "/..", "%00", "%", "?x=y", "#x"]); // prettier-ignore
  if (kind === 5) return luck.pick(["/", "/healthz", "/metrics", "/favicon.ico", "*", "http://localhost/", "//", "/../../etc/passwd", "/%2e%2e/", "/g/", "/p/", "/f/", "/u/", "/t/", "/u/x", "/t/x"]); // prettier-ignore
  if (kind === 6)
    return `/${luck.pick(["g", "p", "f", "u", "t", "x"])}/${encodeURIComponent(nasty(luck).slice(0, 200))}`;
  return `/${nasty(luck).replace(/[\r\n]/g, "")}`;
}

/** A file as it was said to be, if the path is one of a slot. */
function rightPut(path: string): Buffer {
  const size = Number(/-(\d+)\.bin$/.exec(path)?.[1] ?? 0);
  const head = `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: ${size}\r\n\r\n`; // prettier-ignore
  return Buffer.concat([Buffer.from(head), Buffer.alloc(size, path)]);
}

/** The same right by another road, now and then. */
function road(luck: Chance, path: string): string {
  return luck.oneIn(3) ? path.replace(/^\/[a-z]\/([^/]*).*$/, `/${luck.pick(["u", "t", "f", "p", "g"])}/$1${luck.pick(["", "/", "/x", "/1"])}`) : path; // prettier-ignore
}

/** A body, and what its header says of it: the truth, or not. */
function bodyOf(luck: Chance, lines: string[]): Buffer {
  const size = luck.pick([0, 1, 5, 900, 20_000]);
  const content = luck.oneIn(3) ? Buffer.from(`--x\r\nContent-Disposition: form-data; name="file"; filename="${nasty(luck).slice(0, 300)}"\r\n\r\n${"y".repeat(size)}\r\n--x--\r\n`) : Buffer.alloc(size, "z"); // prettier-ignore
  const kind = luck.whole(6);
  if (kind < 2) lines.push(`Content-Length: ${content.length}`);
  else if (kind === 2)
    lines.push(`Content-Length: ${Math.max(0, content.length + luck.pick([-1, 1, 100, -100, 1e9]))}`);
  else if (kind === 3) {
    lines.push("Transfer-Encoding: chunked");
    return Buffer.from(`${luck.pick([content.length.toString(16), "ffffffffffffffffff", "-1", "", "5;x=y", "g"])}\r\n${content.toString()}\r\n${luck.pick(["0\r\n\r\n", "0\r\nX: y\r\n\r\n", "0\r\n", ""])}`); // prettier-ignore
  } else if (kind === 4) lines.push("Transfer-Encoding: chunked", `Content-Length: ${content.length}`);
  return content;
}

/** What is wrong with the first answer; "" for nothing. */
export function httpFault(answer: Buffer): string {
  if (answer.length === 0) return "";
  const end = answer.indexOf("\r\n\r\n");
  const head = answer.subarray(0, end < 0 ? 2000 : end).toString("latin1");
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [^\r\n]*/.exec(head)?.[1]);
  if (Number.isNaN(status) || status === 500) return `a web server answered ${head.slice(0, 500)}`;
  const length = Number(/^content-length: (\d+)\r?$/im.exec(head)?.[1] ?? NaN);
  const etag = /^etag: "([0-9a-f]{64})"\r?$/im.exec(head)?.[1];
  const body = answer.subarray(end + 4);
  // What came whole has to be what it says that it is. The answer to a HEAD has no body, or the next answer behind it.
  if (status !== 200 || etag === undefined || length === 0 || body.length < length) return "";
  if (body.subarray(0, 9).toString() === "HTTP/1.1 ") return "";
  const isIt = createHash("sha256").update(body.subarray(0, length)).digest("hex") === etag;
  return isIt ? "" : `a web server gave other bytes: ${head.slice(0, 500)}`;
}
