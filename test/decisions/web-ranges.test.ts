import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseRange } from "../../component/web/ranges.js";

const spans = (header: string, size: number): string => {
  const wanted = parseRange(header, size);
  return wanted.kind === "parts" ? wanted.parts.map(({ start, end }) => `${start}-${end}`).join(" ") : wanted.kind;
};

describe("a Range header (RFC 9110 §14)", () => {
  test.each([
    // header, size, half-open spans
    ["bytes=0-", 1000, "0-1000"],
    ["bytes=5-9", 1000, "5-10"],
    ["bytes=999-", 1000, "999-1000"],
    ["bytes=-7", 1000, "993-1000"],
    ["bytes=-5000", 1000, "0-1000"],
    ["bytes=990-99999999999999999999999", 1000, "990-1000"],
    ["BYTES=0-0", 1000, "0-1"],
    [" bytes=0-0 ", 1000, "0-1"],
    ["bytes=0-0,999-999", 1000, "0-1 999-1000"],
    ["bytes=999-999,0-0", 1000, "999-1000 0-1"],
    ["bytes= 0-0 ,, 999-999 ,", 1000, "0-1 999-1000"],
    ["bytes=0-9,5-20", 1000, "0-21"],
    ["bytes=500-600,0-1,550-700", 1000, "500-701 0-2"],
    ["bytes=0-1,400-401,100-350", 1000, "0-402"],
    ["bytes=0-0,1000-", 1000, "0-1"],
    // nothing of it exists
    ["bytes=1000-", 1000, "none"],
    ["bytes=-0", 1000, "none"],
    ["bytes=0-", 0, "none"],
    ["bytes=1000-,2000-3000", 1000, "none"],
    // to be ignored
    ["bytes=-5", 0, "all"],
    ["bytes=9-5", 1000, "all"],
    ["bytes=0-5,9-5", 1000, "all"],
    ["bytes=", 1000, "all"],
    ["bytes=,", 1000, "all"],
    ["bytes=-", 1000, "all"],
    ["bytes=a-b", 1000, "all"],
    ["bytes=1-2-3", 1000, "all"],
    ["bytes=0x1-2", 1000, "all"],
    ["bytes=+1-2", 1000, "all"],
    ["bytes 0-5", 1000, "all"],
    ["items=0-5", 1000, "all"],
    ["", 1000, "all"],
  ])("%j of %d bytes → %s", (header, size, expected) => {
    expect(spans(header, size)).toBe(expected);
  });

  test("without the header everything is meant", () => expect(parseRange(undefined, 5)).toEqual({ kind: "all" }));

  test("ten thousand ranges, and more parts than are sent, are a wish for everything", () => {
    expect(spans(`bytes=${Array.from({ length: 10_000 }, () => "0-0").join()}`, 1000)).toBe("all");
    expect(spans(`bytes=${Array.from({ length: 17 }, (_, i) => `${i * 1000}-${i * 1000}`).join()}`, 1e6)).toBe("all");
    expect(spans(`bytes=${Array.from({ length: 16 }, (_, i) => `${i * 1000}-${i * 1000}`).join()}`, 1e6)).not.toBe(
      "all",
    );
  });

  test("parts hold every byte asked for, once, and are worth being parts", () => {
    const spec = fc.tuple(fc.nat(5000), fc.nat(600)).map(([start, more]) => [start, start + more] as const);
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 4000 }), (specs, size) => {
        const wanted = parseRange(`bytes=${specs.map(([a, b]) => `${a}-${b}`).join(", ")}`, size);
        const real = specs.filter(([start]) => start < size);
        if (real.length === 0) return expect(wanted.kind).toBe("none");
        if (wanted.kind !== "parts") return expect(real.length).toBeGreaterThan(16);
        for (const { start, end } of wanted.parts) {
          expect(start).toBeLessThan(end);
          expect(end).toBeLessThanOrEqual(size);
        }
        for (const [start, last] of real) {
          const inside = wanted.parts.filter((p) => p.start <= start && p.end >= Math.min(last + 1, size));
          expect(inside).toHaveLength(1);
        }
        const sorted = [...wanted.parts].sort((a, b) => a.start - b.start);
        for (const [i, part] of sorted.entries())
          if (i > 0) expect(part.start).toBeGreaterThan(sorted[i - 1]!.end + 128);
        // Nothing is sent that nobody asked for, but gaps too small to be worth a part's header.
        const asked = real.reduce((sum, [start, last]) => sum + Math.min(last + 1, size) - start, 0);
        const sent = wanted.parts.reduce((sum, p) => sum + p.end - p.start, 0);
        expect(sent).toBeLessThanOrEqual(asked + 128 * real.length);
      }),
    );
  });
});
