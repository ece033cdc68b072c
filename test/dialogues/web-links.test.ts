/** GET and HEAD of links, byte by byte over real sockets. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Refusal } from "../../component/lib/errors.js";
import { newToken } from "../../component/lib/ids.js";
import { parseRange } from "../../component/web/ranges.js";
import type { DeskFile } from "../harness/file-desk.js";
import type { RawAnswer, RawHttp } from "../harness/raw-http.js";
import { setWebStage, type WebStage } from "../harness/web-stage.js";

let stage: WebStage;
let client: RawHttp;
beforeAll(async () => {
  stage = await setWebStage();
  client = await stage.connect();
});
afterAll(() => stage.strike());

const path = (file: DeskFile): string => `/g/${file.token}/file.bin`;

describe.each([
  ["a local file", false],
  ["a store far away", true],
])("from %s", (_, far) => {
  test.each([1, 1000, 65_536, 1_048_576, 1_048_577, 3_500_001])("%d bytes arrive as they are", async (size) => {
    const file = await stage.desk.keep(size, { far });
    const { status, headers, body } = await client.ask("GET", path(file));
    expect(status).toBe(200);
    expect(headers["content-length"]).toBe(String(size));
    expect(body.equals(file.content)).toBe(true);
  });

  test("an empty file", async () => {
    const file = await stage.desk.keep(0, { far });
    const { status, headers } = await client.ask("GET", path(file));
    expect([status, headers["content-length"]]).toEqual([200, "0"]);
    expect((await client.ask("GET", path(file), "Range: bytes=0-")).status).toBe(416);
  });

  test("whatever ranges are asked for, the answer holds just these bytes", async () => {
    const file = await stage.desk.keep(1_300_000, { far });
    const near = fc.oneof(fc.nat(3000), fc.integer({ min: 1_040_000, max: 1_060_000 }), fc.nat(1_400_000));
    const spec = fc.oneof(
      fc.tuple(near, near).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      near.map((a) => `${a}-`),
      near.map((a) => `-${a}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 6 }), async (specs) => {
        const header = `bytes=${specs.join(",")}`;
        const answer = await client.ask("GET", path(file), `Range: ${header}`);
        const wanted = parseRange(header, file.content.length);
        expect(answer.status).toBe({ all: 200, parts: 206, none: 416 }[wanted.kind]);
        if (wanted.kind !== "parts") return;
        for (const [i, { range, body }] of partsOf(answer).entries()) {
          const { start, end } = wanted.parts[i]!;
          expect(range).toBe(`bytes ${start}-${end - 1}/1300000`);
          expect(body.equals(file.content.subarray(start, end))).toBe(true);
        }
        expect(partsOf(answer)).toHaveLength(wanted.parts.length);
      }),
      { numRuns: 60 },
    );
    expect(file.readers).toBe(0);
  });
});

/** Takes an answer apart as a client does: by its headers, and by the boundary that they name. */
function partsOf({ headers, body }: RawAnswer): { range: string; body: Buffer }[] {
  const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(headers["content-type"]!)?.[1];
  if (!boundary) return [{ range: headers["content-range"]!, body }];
  expect(headers["content-range"]).toBeUndefined();
  const parts: { range: string; body: Buffer }[] = [];
  const mark = `\r\n--${boundary}`;
  for (let at = body.indexOf(mark); ;) {
    const next = body.indexOf(mark, at + mark.length);
    if (next < 0) {
      expect(body.subarray(at).toString()).toBe(`${mark}--\r\n`);
      return parts;
    }
    const end = body.indexOf("\r\n\r\n", at) + 4;
    const head = body.subarray(at, end).toString();
    expect(head).toContain("\r\nContent-Type: application/octet-stream\r\n");
    parts.push({ range: /Content-Range: (.*)\r\n/.exec(head)![1]!, body: body.subarray(end, next) });
    at = next;
  }
}

describe("what is said of a file", () => {
  test("HEAD says what GET says, without the bytes, and without ranges", async () => {
    const file = await stage.desk.keep(5000, { name: "Ü\r\nX: y.png", mediaType: "image/png" });
    const get = await client.ask("GET", path(file));
    const head = await client.ask("HEAD", path(file), "Range: bytes=0-9");
    const steady = ({ head: text }: RawAnswer): string => text.replace(/^Date: .*\r\n/m, "");
    expect(steady(head)).toBe(steady(get));
    expect(client.pending).toHaveLength(0);
  });

  test("the headers", async () => {
    const file = await stage.desk.keep(5000, { name: 'a"b é.png', mediaType: "image/png" });
    const { headers } = await client.ask("GET", path(file));
    expect(headers).toMatchObject({
      "accept-ranges": "bytes",
      "access-control-allow-origin": "*",
      "cache-control": "private, no-cache",
      "content-disposition": `attachment; filename="a_b _.png"; filename*=UTF-8''a_b%20%C3%A9.png`,
      "content-security-policy": "sandbox; default-src 'none'",
      "content-type": "image/png",
      "cross-origin-resource-policy": "cross-origin",
      etag: `"${file.sha256}"`,
      "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-robots-tag": "noindex, nofollow, noarchive",
    });
    expect(headers["server"]).toBeUndefined();
    expect(headers["x-powered-by"]).toBeUndefined();
  });

  test.each(["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"])(
    "%s is never named",
    async (t) => {
      const file = await stage.desk.keep(Buffer.from("<script>1</script>"), { mediaType: t });
      expect((await client.ask("GET", path(file))).headers["content-type"]).toBe("application/octet-stream");
    },
  );

  test("a client that has it is told so, one that has something else is refused, one that resumes something else gets all", async () => {
    const file = await stage.desk.keep(5000);
    const etag = `"${file.sha256}"`;
    const same = await client.ask("GET", path(file), `If-None-Match: ${etag}`);
    expect([same.status, same.headers["etag"], same.headers["content-length"]]).toEqual([304, etag, undefined]);
    expect((await client.ask("HEAD", path(file), `If-None-Match: ${etag}`)).status).toBe(304);
    expect((await client.ask("GET", path(file), 'If-Match: "other"')).status).toBe(412);
    expect((await client.ask("GET", path(file), "If-Unmodified-Since: Fri, 02 Jan 2026 03:04:04 GMT")).status).toBe(
      412,
    );
    const resumed = await client.ask("GET", path(file), "Range: bytes=4000-", `If-Range: ${etag}`);
    expect([resumed.status, resumed.headers["content-range"]]).toEqual([206, "bytes 4000-4999/5000"]);
    const other = await client.ask("GET", path(file), "Range: bytes=4000-", 'If-Range: "other"');
    expect([other.status, other.body.equals(file.content)]).toEqual([200, true]);
    // 416 comes after the conditions (§13.2.2)
    expect((await client.ask("GET", path(file), "Range: bytes=9999-", `If-None-Match: ${etag}`)).status).toBe(304);
  });

  test("a range beyond the end is refused with the size", async () => {
    const file = await stage.desk.keep(5000);
    const { status, headers, body } = await client.ask("GET", path(file), "Range: bytes=5000-");
    expect([status, headers["content-range"]]).toEqual([416, "bytes */5000"]);
    expect(headers["content-disposition"]).toBeUndefined();
    expect(body.toString()).toBe("That part of the file does not exist.\n");
  });

  test("a browser's preflight", async () => {
    const { status, headers } = await client.ask("OPTIONS", "/g/x", "Origin: https://chat.example.org", "Access-Control-Request-Method: GET"); // prettier-ignore
    expect(status).toBe(204);
    expect(headers["access-control-allow-methods"]).toBe("GET, HEAD");
    expect(headers["access-control-allow-headers"]).toContain("range");
  });
});

describe("links that do not work", () => {
  const steady = ({ head }: RawAnswer): string => head.replace(/^Date: .*\r\n/m, "");

  test("unknown, malformed and tricky paths get the same answer, which repeats nothing", async () => {
    const unknown = await client.ask("GET", `/g/${newToken().token}/name.txt`);
    expect([unknown.status, unknown.body.toString()]).toEqual([404, "There is nothing here.\n"]);
    const file = await stage.desk.keep(10);
    const tricks = [
      "/g/", "/g/x", `/g/${"A".repeat(8000)}`, "/g/../healthz", "/g/..%2fhealthz", "/g/%00", "/g/%2e%2e/%2e%2e/etc/passwd", `/g/${file.token}%00`,
      `/g/${file.token}%2Fname`, `/g//${file.token}`, `/g/${file.token.slice(0, 21)}`, `/g/${file.token.toLowerCase()}!`, "/g/<script>", "/g/%zz",
    ]; // prettier-ignore
    for (const trick of tricks) {
      const answer = await client.ask("GET", trick);
      expect([trick, answer.body.toString()]).toEqual([trick, "There is nothing here.\n"]);
      if (!trick.includes("%zz")) expect(steady(answer)).toBe(steady(unknown));
    }
  });

  test.each([
    ["image/svg+xml", "image", 406],
    ["image/tiff", "image", 406],
    ["application/octet-stream", "image", 406],
    ["image/png", "image", 200],
    ["image/svg+xml", "document", 200],
    ["audio/mpeg", "audio", 200],
  ])(
    "%s, where a browser wants it as %s: only what it can show is given, and counts",
    async (mediaType, dest, status) => {
      const file = await stage.desk.keep(300, { mediaType });
      const answer = await client.ask("GET", path(file), `Sec-Fetch-Dest: ${dest}`);
      expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([status, "*"]);
      expect(answer.body.length).toBe(status === 200 ? 300 : 0);
      await client.ask("GET", path(file)); // what was told comes at the latest with the next question
      expect(await file.heard(status === 200 ? 4 : 2)).toHaveLength(status === 200 ? 4 : 2);
    },
  );

  test("the name in the path is only a label", async () => {
    const file = await stage.desk.keep(10);
    for (const label of ["", "/", "/x", "/a%2Fb", "/a/b/c", "/%00", "?download=1", "/..%5c"]) {
      const answer = await client.ask("GET", `/g/${file.token}${label}`);
      expect([label, answer.status, answer.body.equals(file.content)]).toEqual([label, 200, true]);
    }
  });

  test("each refusal has its status and its sentence; browsers get a page", async () => {
    for (const [code, status] of [["link-ended", 410], ["index-down", 503], ["storage-down", 503]] as const) {
      const answer = await client.ask("GET", `/g/${stage.desk.refuse(code)}/x`);
      expect([answer.status, answer.body.toString()]).toEqual([status, `${new Refusal(code).message}\n`]);
      expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
      expect(answer.headers["access-control-allow-origin"]).toBe("*");
      const head = await client.ask("HEAD", `/g/${stage.desk.refuse(code)}/x`);
      expect(steady(head)).toBe(steady(answer));
    } // prettier-ignore
    const page = await client.ask("GET", `/g/${stage.desk.refuse("link-ended")}/x`, "Accept: text/html,*/*;q=0.8");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.body.toString()).toContain("<p>This link has ended.</p>");
  });

  test("a store that is down is told by a status; what nobody expected is not told", async () => {
    const file = await stage.desk.keep(5000);
    stage.desk.failure = new Refusal("storage-down");
    expect((await client.ask("GET", path(file))).status).toBe(503);
    expect(file.told).toEqual([]);
  });

  test("a store that fails in the middle cuts the connection, so that nobody takes the half for the whole", async () => {
    const file = await stage.desk.keep(50_000);
    stage.desk.failure = new Error("the disk is on fire");
    const other = await stage.connect();
    other.send(`GET ${path(file)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await other.ended();
    expect(other.pending.toString("latin1")).not.toContain("fire");
    expect(other.pending.length).toBeLessThan(50_000);
    expect(await file.heard(2)).toEqual(["moving", "0-1000"]);
  });

  test.each(["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])("%s is refused before its body is read", async (method) => {
    const other = await stage.connect();
    const { status, headers } = await other.ask(method, "/g/x", "Content-Length: 1000000000", "Content-Type: a/b");
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });

  test("a connection goes on after every kind of no", async () => {
    const file = await stage.desk.keep(100);
    const other = await stage.connect();
    expect((await other.ask("GET", "/nothing")).status).toBe(404);
    expect((await other.ask("GET", path(file), "Range: bytes=100-")).status).toBe(416);
    expect((await other.ask("GET", path(file), `If-None-Match: "${file.sha256}"`)).status).toBe(304);
    expect((await other.ask("GET", path(file), 'If-Match: "x"')).status).toBe(412);
    expect((await other.ask("HEAD", path(file))).status).toBe(200);
    expect((await other.ask("GET", path(file))).body.equals(file.content)).toBe(true);
  });
});
