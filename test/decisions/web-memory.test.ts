import { describe, expect, test } from "@jest/globals";
import { Buffers } from "../../component/web/buffers.js";
import { Warmth } from "../../component/web/file-reads.js";

describe("the memory of downloads", () => {
  const MIB = 2 ** 20;

  test("32 large pieces, then small ones; what is given back is used again", () => {
    const buffers = new Buffers();
    const taken = Array.from({ length: 34 }, () => buffers.take(true));
    expect(taken.map((buffer) => buffer.length)).toEqual([...Array<number>(32).fill(MIB), 65_536, 65_536]);
    expect(new Set(taken).size).toBe(34);
    buffers.give(taken[3]!);
    expect(buffers.take(true)).toBe(taken[3]);
    expect(buffers.take(true)).toHaveLength(65_536);
  });

  test("a slow reader gets a small piece, and takes no large one from the others", () => {
    const buffers = new Buffers();
    for (let i = 0; i < 40; i++) expect(buffers.take(false)).toHaveLength(65_536);
    expect(buffers.take(true)).toHaveLength(MIB);
  });
});

describe("whether a read would wait for a disk", () => {
  test("nobody vouches for the first read; a quick one does, for a second; a slow one no more", () => {
    const warmth = new Warmth();
    expect(warmth.isWarm(0)).toBe(false);
    warmth.took(1000, 0.4);
    expect([warmth.isWarm(1000), warmth.isWarm(1999), warmth.isWarm(2000)]).toEqual([true, true, false]);
    warmth.took(2000, 12);
    expect(warmth.isWarm(2000)).toBe(false);
    warmth.took(2010, 1);
    expect(warmth.isWarm(2011)).toBe(true);
    warmth.took(2012, 5);
    expect(warmth.isWarm(2012)).toBe(false);
  });
});
