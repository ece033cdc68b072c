import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../component/lib/units.js";

describe("sizes", () => {
  test.each([
    ["2 GiB", 2 ** 31],
    ["2GiB", 2 ** 31],
    ["  1.5 mib ", 1.5 * 2 ** 20],
    ["10 kB", 10_000],
    ["512", 512],
    ["512 b", 512],
    ["1 TB", 1e12],
    ["0", 0],
  ])("%s", (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(["", "GiB", "-1", "1e9", "1 GiBs", "two GiB", "1.2.3 MB", "9999999999 TiB", "5 constructor", "5 toString"])(
    "%j is none",
    (text) => expect(parseSize(text)).toBeUndefined(),
  );

  test.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1023 bytes"],
    [1024, "1.0 KiB"],
    [12_582_912, "12.0 MiB"],
    [2 ** 20 - 1, "1.0 MiB"],
    [2 ** 31, "2.0 GiB"],
    [Number.MAX_SAFE_INTEGER, "8.0 PiB"],
  ])("%d is written %s", (bytes, text) => expect(formatSize(bytes)).toBe(text));

  test("what is written can be read, and is about the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 49 }), (bytes) => {
        const back = parseSize(formatSize(bytes).replace(/ bytes?$/, ""))!;
        expect(Math.abs(back - bytes)).toBeLessThanOrEqual(bytes * 0.051);
      }),
    );
  });
});

describe("durations", () => {
  test.each([
    ["30 days", 30 * 864e5],
    ["1 day", 864e5],
    ["90 seconds", 90_000],
    ["1.5 hours", 5_400_000],
    ["2 Weeks", 2 * 6048e5],
    ["500 ms", 500],
    ["15minutes", 900_000],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([
    "",
    "30",
    "days",
    "-1 day",
    "1 month",
    "1 fortnight",
    "5 constructor",
    "5 toString",
    "5 __proto__",
    "5 s",
  ])("%j is none", (text) => expect(parseDuration(text)).toBeUndefined());

  test.each([
    [0, "0 seconds"],
    [999, "1 second"],
    [59_700, "1 minute"],
    [90_000, "2 minutes"],
    [3_599_999, "1 hour"],
    [40 * 60_000, "40 minutes"],
    [86_399_000, "1 day"],
    [36 * 3_600_000, "2 days"],
    [7 * 864e5, "1 week"],
    [30 * 864e5, "30 days"],
    [-5, "0 seconds"],
  ])("%d ms is written %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  test("no unit is written as many as make the next one", () => {
    const most = { second: 59, minute: 59, hour: 23 } as Record<string, number>;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * 6048e5 }), (ms) => {
        const [n, unit] = formatDuration(ms).split(" ") as [string, string];
        expect(Number(n)).toBeLessThanOrEqual(most[unit.replace(/s$/, "")] ?? Infinity);
      }),
    );
  });
});
