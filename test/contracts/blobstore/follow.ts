/** What is promised of reading an object while it is written. */
import { describe, expect, test } from "@jest/globals";
import type { BlobReader, BlobStore } from "../../../component/control/ports.js";
import { content, fill, refusalOf, sha256 } from "./bytes.js";

const SIZE = 6_000_001;
const HALF = 3_000_000;

/** A reader whose pieces are counted, and can be waited for. */
class Pouring {
  readonly chunks: Buffer[] = [];
  readonly ended: Promise<unknown>;
  got = 0;
  #wake = (): void => {};

  constructor(reader: BlobReader, gate: () => Promise<void> = async () => undefined) {
    this.ended = reader.pour(async (chunk) => {
      this.chunks.push(Buffer.from(chunk));
      this.got += chunk.length;
      this.#wake();
      await gate();
    });
    this.ended.catch(() => undefined); // looked at by the test
  }

  async until(count: number): Promise<void> {
    while (this.got < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

export function followContract(stage: () => { store: BlobStore; newKey: () => string }): void {
  describe("an object that is being written can be read", () => {
    const bytes = content(SIZE);

    test.each([0, 1, 2 ** 20, HALF + 1, SIZE - 1])("from byte %d on, as it comes", async (start) => {
      const { store, newKey } = stage();
      const writer = await store.create(newKey(), SIZE);
      const pouring = new Pouring(await writer.follow!({ start, end: SIZE }));
      await fill(writer, bytes.subarray(0, HALF));
      if (start < 2 ** 21) await pouring.until(2 ** 21 - start); // what is gathered in memory may lag behind
      expect(pouring.got).toBeLessThanOrEqual(Math.max(0, HALF - start));
      await fill(writer, bytes.subarray(HALF));
      expect((await writer.commit()).sha256).toBe(sha256(bytes));
      await pouring.ended;
      expect(pouring.bytes.equals(bytes.subarray(start))).toBe(true);
    });

    test("chunk by chunk, too", async () => {
      const { store, newKey } = stage();
      const writer = await store.create(newKey(), SIZE);
      const reader = await writer.follow!({ start: 0, end: SIZE });
      const chunks: Buffer[] = [];
      const all = (async () => {
        for await (const chunk of reader) chunks.push(Buffer.from(chunk));
      })();
      await fill(writer, bytes);
      await writer.commit();
      await all;
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    });

    test("by one who takes nothing: the writer does not wait, and he may go on after the commit", async () => {
      const { store, newKey } = stage();
      const writer = await store.create(newKey(), SIZE);
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => (open = resolve));
      const pouring = new Pouring(await writer.follow!({ start: 0, end: SIZE }), () => gate);
      await fill(writer, bytes);
      await writer.commit();
      expect(pouring.chunks.length).toBeLessThanOrEqual(1);
      open();
      await pouring.ended;
      expect(pouring.bytes.equals(bytes)).toBe(true);
    });

    test("although it was set aside meanwhile, and by one who comes after the commit", async () => {
      const { store, newKey } = stage();
      const key = newKey();
      const first = await store.create(key, SIZE);
      await fill(first, bytes.subarray(0, HALF));
      await first.rest();
      const writer = (await store.resume(key))!;
      const pouring = new Pouring(await writer.follow!({ start: 0, end: SIZE }));
      await pouring.until(HALF);
      await fill(writer, bytes.subarray(HALF));
      await writer.commit();
      const late = new Pouring(await writer.follow!({ start: HALF, end: SIZE }));
      await Promise.all([pouring.ended, late.ended]);
      expect(pouring.bytes.equals(bytes)).toBe(true);
      expect(late.bytes.equals(bytes.subarray(HALF))).toBe(true);
    });

    test.each(["abort", "rest", "commit"] as const)("to its end, where %s comes before all of it is there", async (how) => {
      const { store, newKey } = stage();
      const writer = await store.create(newKey(), SIZE);
      const pouring = new Pouring(await writer.follow!({ start: 0, end: SIZE }));
      await fill(writer, bytes.subarray(0, HALF));
      await writer[how]();
      expect(await refusalOf(pouring.ended)).toBe("stream-cut");
      expect(pouring.bytes.equals(bytes.subarray(0, pouring.got))).toBe(true);
    }); // prettier-ignore

    test("until its reader has had enough", async () => {
      const { store, newKey } = stage();
      const writer = await store.create(newKey(), SIZE);
      const enough = new AbortController();
      const pouring = new Pouring(await writer.follow!({ start: 0, end: SIZE }, enough.signal));
      enough.abort(new Error("enough"));
      await expect(pouring.ended).rejects.toThrow("enough");
      await writer.abort();
    });
  });
}
