import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fileName } from "../../component/lib/file-name.js";
import { linkUrl, tokenOf } from "../../component/lib/link-url.js";
import { disposition, mediaType } from "../../component/web/headers.js";

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.string({
    unit: fc.constantFrom("\ud800", "\udfff", "/", "\\", "\r", "\n", '"', "\0", "\u202e", ".", " ", "a", "é"),
  }),
);

describe("names on the wire", () => {
  test.each([
    ["report.pdf", "report.pdf"],
    ["../../etc/passwd", "passwd"],
    ["C:\\temp\\x.exe", "x.exe"],
    ["..", "file"],
    ["", "file"],
    [".bashrc", "bashrc"],
    ["a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"],
    ["photo\u202egnp.exe", "photognp.exe"],
    ["Übergröße – Plan №7.odt", "Übergröße – Plan №7.odt"],
    ["\ud800.txt", "\ufffd.txt"],
    ["a\0b", "ab"],
  ])("%j is called %j", (name, expected) => expect(fileName(name)).toBe(expected));

  test("a very long name keeps its ending", () => {
    const name = fileName(`${"ж".repeat(500)}.tar.gz`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(240);
    expect(name).toMatch(/^ж+\.tar\.gz$|^ж+.*\.gz$/);
  });

  test("whatever it was, it is no path, not hidden, well-formed and not long", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const clean = fileName(name);
        expect(clean).not.toMatch(/[\p{Cc}/\\\u202a-\u202e\u2066-\u2069]|^\.|^$/u);
        expect(Buffer.from(clean).toString()).toBe(clean);
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(240);
        expect(fileName(clean)).toBe(clean);
      }),
    );
  });

  test("a link is a URL that every parser leaves as it is, with the token first", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const url = linkUrl("https://files.example.org", "abcdefghijklmnopqrstuv", name);
        expect(new URL(url).href).toBe(url);
        expect(url).not.toMatch(/['()*<>"\s]/);
        expect(tokenOf(new URL(url).pathname)).toBe("abcdefghijklmnopqrstuv");
        expect(decodeURIComponent(url.split("/").at(-1)!)).toBe(fileName(name));
      }),
    );
    expect(linkUrl("http://h", "T", "a b (1).png")).toBe("http://h/g/T/a%20b%20%281%29.png");
  });

  test.each([
    ["/g/TOKEN/name", "TOKEN"],
    ["/g/TOKEN", "TOKEN"],
    ["/g/TOKEN?x=/y", "TOKEN"],
    ["/g/", ""],
    ["/g/../healthz", ".."],
    ["/healthz", undefined],
  ])("the token of %s is %p", (path, token) => expect(tokenOf(path)).toBe(token));

  test("a Content-Disposition is one line of ASCII from which the name comes back", () => {
    expect(disposition('naïve "plan" 100%.txt')).toBe(
      `attachment; filename="na_ve _plan_ 100_.txt"; filename*=UTF-8''na%C3%AFve%20_plan_%20100%25.txt`,
    );
    fc.assert(
      fc.property(anyName, (name) => {
        const m = /^attachment; filename="([\x20-\x7e]*)"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)$/.exec(
          disposition(name),
        );
        expect(m?.[1]).not.toMatch(/["\\%]/);
        expect(decodeURIComponent(m![2]!)).toBe(fileName(name));
      }),
    );
  });

  test.each([
    ["image/png", "image/png"],
    ["IMAGE/JPEG", "image/jpeg"],
    ["text/plain; charset=utf-8", "text/plain"],
    ["video/mp4", "video/mp4"],
    ["audio/x-m4a", "audio/x-m4a"],
    ["image/svg+xml", "application/octet-stream"],
    ["text/html", "application/octet-stream"],
    ["application/xhtml+xml", "application/octet-stream"],
    ["video/mp4\r\nx: y", "application/octet-stream"],
    ["", "application/octet-stream"],
  ])("the type %j is told as %s", (found, told) => expect(mediaType(found)).toBe(told));
});
