import { describe, expect, test } from "@jest/globals";
import { httpDate, judge, type Verdict } from "../../component/web/conditions.js";

const THEN = "Fri, 02 Jan 2026 03:04:05 GMT";
const BEFORE = "Fri, 02 Jan 2026 03:04:04 GMT";
const AFTER = "Fri, 02 Jan 2026 03:04:06 GMT";
const is = { etag: '"abc"', modified: Date.parse(THEN) };

describe("conditions (RFC 9110 §13.2.2)", () => {
  const rows: [Record<string, string>, Verdict][] = [
    [{}, "send"],
    [{ "if-match": '"abc"' }, "send"],
    [{ "if-match": '"x", "abc"' }, "send"],
    [{ "if-match": "*" }, "send"],
    [{ "if-match": 'W/"abc"' }, "failed"],
    [{ "if-match": '"x"' }, "failed"],
    [{ "if-match": "abc" }, "failed"],
    [{ "if-match": '"abc"', "if-unmodified-since": BEFORE }, "send"],
    [{ "if-unmodified-since": THEN }, "send"],
    [{ "if-unmodified-since": BEFORE }, "failed"],
    [{ "if-unmodified-since": "yesterday" }, "send"],
    [{ "if-none-match": '"abc"' }, "not-modified"],
    [{ "if-none-match": 'W/"abc"' }, "not-modified"],
    [{ "if-none-match": '"x",W/"y" , "abc"' }, "not-modified"],
    [{ "if-none-match": "*" }, "not-modified"],
    [{ "if-none-match": '"x"' }, "send"],
    [{ "if-none-match": '"x"', "if-modified-since": AFTER }, "send"],
    [{ "if-modified-since": THEN }, "not-modified"],
    [{ "if-modified-since": AFTER }, "not-modified"],
    [{ "if-modified-since": BEFORE }, "send"],
    [{ "if-modified-since": "2026-01-02" }, "send"],
    [{ "if-match": '"x"', "if-none-match": '"abc"' }, "failed"],
    [{ "if-range": '"abc"' }, "send"],
    [{ "if-range": 'W/"abc"' }, "send-all"],
    [{ "if-range": '"x"' }, "send-all"],
    [{ "if-range": THEN }, "send"],
    [{ "if-range": BEFORE }, "send-all"],
    [{ "if-range": AFTER }, "send-all"],
    [{ "if-range": "abc" }, "send-all"],
  ];
  test.each(rows)("%j → %s", (headers, verdict) => expect(judge(headers, is)).toBe(verdict));

  test.each([
    ["Sun, 06 Nov 1994 08:49:37 GMT", 784111777000],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 784111777000],
    ["Sun Nov  6 08:49:37 1994", 784111777000],
    ["Sun, 06 Nov 1994 08:49:37 +0200", undefined],
    ["1", undefined],
    ["Sun, 99 Nov 1994 08:49:37 GMT", undefined],
  ])("the date %j is %p", (text, time) => expect(httpDate(text)).toBe(time));
});
