import { describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Buffers } from "../../component/storage/blob/buffers.js";
import { LocalFiles, Warmth } from "../../component/storage/blob/local-files.js";
import { tempFolder } from "../harness/tmp.js";

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
  test("nobody vouches for the first read; one from memory does, for a second; one from a disk no more", () => {
    const warmth = new Warmth();
    expect(warmth.isWarm(0)).toBe(false);
    warmth.read(1000, 0);
    expect([warmth.isWarm(1000), warmth.isWarm(1999), warmth.isWarm(2000)]).toEqual([true, true, false]);
    warmth.read(2000, 8);
    expect(warmth.isWarm(2000)).toBe(false);
    warmth.read(2010, 0);
    expect(warmth.isWarm(2011)).toBe(true);
    warmth.read(2012, 2048);
    expect(warmth.isWarm(2012)).toBe(false);
  });

  test("what is read is the file, whichever way", async () => {
    const folder = await tempFolder();
    const content = randomBytes(300_000);
    await writeFile(join(folder.path, "file"), content);
    const files = new LocalFiles();
    const file = await files.open(join(folder.path, "file"));
    expect(file.size).toBe(content.length);
    const buffer = Buffer.alloc(100_000);
    for (const at of [0, 100_000, 250_000, 250_000, 7, 300_000]) {
      const count = await files.read(file.fd, buffer, 99_999, at);
      expect(buffer.subarray(0, count).equals(content.subarray(at, at + 99_999))).toBe(true);
    }
    await files.close(file.fd);
    await folder.remove();
  });
});
