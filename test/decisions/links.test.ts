import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addSpan, covers } from "../../component/control/delivery/links.js";
import type { Span } from "../../component/control/ports.js";

const SIZE = 50;
const span = fc
  .tuple(fc.nat(SIZE), fc.nat(SIZE))
  .map(([a, b]): Span => ({ start: Math.min(a, b), end: Math.max(a, b) }));

describe("which bytes of a file have gone out", () => {
  test("in any order and with any overlap, exactly the bytes of a model", () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 30 }), (all) => {
        const model = new Set<number>();
        let spans: readonly Span[] = [];
        for (const s of all) {
          spans = addSpan(spans, s);
          for (let i = s.start; i < s.end; i++) model.add(i);
        }
        const got = spans.flatMap((s) => Array.from({ length: s.end - s.start }, (_, i) => s.start + i));
        expect(got).toEqual([...model].sort((a, b) => a - b));
        expect(covers(spans, SIZE)).toBe(model.size === SIZE);
      }),
    );
  });

  test("never more than 64 pieces are remembered", () => {
    let spans: readonly Span[] = [];
    for (let i = 0; i < 1000; i++) spans = addSpan(spans, { start: i * 10, end: i * 10 + 1 + (i % 5) });
    expect(spans.length).toBeLessThanOrEqual(64);
  });

  test("the last byte alone delivers nothing", () => {
    expect(covers(addSpan([], { start: 99, end: 100 }), 100)).toBe(false);
    expect(covers(addSpan([{ start: 99, end: 100 }], { start: 0, end: 99 }), 100)).toBe(true);
  });
});
