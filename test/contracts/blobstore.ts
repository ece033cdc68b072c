/** What every BlobStore promises. Each implementation runs the whole of it, so that the fake can be trusted and a new store has its measure. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { TAIL, type BlobStore } from "../../component/control/ports.js";
import { Refusal } from "../../component/lib/errors.js";
import { randomId } from "../../component/lib/ids.js";
import { followContract } from "./blobstore/follow.js";
import { allKeys, content, drain, fill, put, refusalOf, sha256 } from "./blobstore/bytes.js";

export interface Stage {
  /** A started store over an empty place. */
  readonly store: BlobStore;
  /** A started store over the same place, as another process has it; the same one when it cannot be shared. */
  another(): Promise<BlobStore>;
  end(): Promise<void>;
}

export interface Traits {
  /** Where its way of writing changes. */
  readonly turns: readonly number[];
  /** Whether another process can see what a dead one has left unfinished. */
  readonly seesUnfinished: boolean;
  /** Whether what was left unfinished, or committed, can be gone on with whoever left it; else only what this process has set aside. */
  readonly resumes: boolean;
  /** Whether an object can be read while it is written. */
  readonly follows: boolean;
  /** The most that writing may take, in bytes, whatever the size; undefined when it cannot be told apart from the server's. */
  readonly memory: number | undefined;
}

export function blobStoreContract(name: string, traits: Traits, open: () => Promise<Stage>): void {
  describe(name, () => {
    let stage: Stage;
    let store: BlobStore;
    let other: BlobStore;
    beforeAll(async () => {
      stage = await open();
      store = stage.store;
      other = await stage.another();
    }, 120_000);
    afterAll(() => stage?.end());
    const used: string[] = [];
    const newKey = (): string => {
      used.push(randomId());
      return used.at(-1)!;
    };
    afterEach(async () => {
      for (const key of used.splice(0)) await store.remove(key);
      expect(await allKeys(other)).toEqual([]);
    });
    const missing = async (key: string): Promise<void> => expect(await refusalOf(other.read(key))).toBe("not-found");

    const sizes = [0, 1, 4096, 65_537, 20 * 2 ** 20, ...traits.turns.flatMap((n) => [n - 1, n, n + 1])];
    describe.each(sizes)("%d bytes", (size) => {
      test.each([
        ["announced", size],
        ["not announced", undefined],
      ])("%s, come back as they went in", async (_, announced) => {
        const [key, bytes] = [newKey(), content(size)];
        expect(await put(store, key, bytes, announced)).toEqual({ sha256: sha256(bytes), size });
        const reader = await other.read(key);
        expect(reader.size).toBe(size);
        expect((await drain(reader)).equals(bytes)).toBe(true);
        expect(await allKeys(other)).toEqual([key]);
      });
    });

    test.each([0, 10, 1000, 2 ** 20, 2 ** 24, 2 ** 40])(
      "an announcement of %d that is wrong does no harm",
      async (said) => {
        for (const size of [999, 2 ** 20 + 5]) {
          const [key, bytes] = [newKey(), content(size)];
          expect(await put(store, key, bytes, said)).toEqual({ sha256: sha256(bytes), size });
          expect((await drain(await store.read(key))).equals(bytes)).toBe(true);
        }
      },
    );

    test.each([1, 7, 262_143, 262_144, 3_000_000, 12_000_000])("chunks of %d bytes", async (step) => {
      const [key, bytes] = [newKey(), content(Math.min(step * 500, 12_000_001))];
      expect((await put(store, key, bytes, undefined, step)).sha256).toBe(sha256(bytes));
      expect((await drain(await store.read(key))).equals(bytes)).toBe(true);
    });

    test("small and large chunks in turn stay in order", async () => {
      const [key, bytes] = [newKey(), content(6_000_000)];
      const writer = await store.create(key);
      let at = 0;
      for (let i = 0; at < bytes.length; i++) {
        const end = Math.min(bytes.length, at + [10, 300_000, 70_000, 1_500_000][i % 4]!);
        await writer.write(bytes.subarray(at, end));
        at = end;
      }
      expect((await writer.commit()).sha256).toBe(sha256(bytes));
      expect((await drain(await store.read(key))).equals(bytes)).toBe(true);
    });

    test.each([100, 20_000_000])("%d bytes cannot be seen before the commit", async (size) => {
      const key = newKey();
      const writer = await store.create(key, size);
      await missing(key);
      await fill(writer, content(size));
      await missing(key);
      await writer.commit();
      expect((await drain(await other.read(key))).length).toBe(size);
    });

    describe.each([100, 20_000_000])("an abort of %d bytes leaves nothing", (size) => {
      test("before the first byte", async () => {
        const key = newKey();
        await (await store.create(key, size)).abort();
        await missing(key);
        expect(await allKeys(other)).toEqual([]);
      });

      test("after the last one, twice, and then nothing more can be done", async () => {
        const key = newKey();
        const writer = await store.create(key, size);
        await fill(writer, content(size));
        await Promise.all([writer.abort(), writer.abort()]);
        await expect(writer.write(content(1))).rejects.toThrow();
        await expect(writer.commit()).rejects.toThrow();
        await missing(key);
        expect(await allKeys(other)).toEqual([]);
      });

      test("while a write is under way", async () => {
        const key = newKey();
        const writer = await store.create(key);
        const write = writer.write(content(size)).catch(() => undefined);
        await writer.abort();
        await write;
        await missing(key);
        expect(await allKeys(other)).toEqual([]);
      });

      test("while the commit is under way: all or nothing", async () => {
        const key = newKey();
        const writer = await store.create(key);
        await fill(writer, content(size));
        const commit = writer.commit().then(
          () => true,
          () => false,
        );
        await writer.abort();
        if (await commit) expect((await drain(await other.read(key))).length).toBe(size);
        else expect(await allKeys(other)).toEqual([]);
      });
    });

    test("an abort after the commit changes nothing", async () => {
      const key = newKey();
      const writer = await store.create(key);
      await fill(writer, content(10));
      await writer.commit();
      await writer.abort();
      expect((await drain(await store.read(key))).equals(content(10))).toBe(true);
    });

    test.each([100, 20_000_000])("what a dead process left of %d bytes is gone after a remove", async (size) => {
      const key = newKey();
      const writer = await store.create(key, size);
      await fill(writer, content(size));
      if (traits.seesUnfinished && size > 100) expect(await allKeys(other)).toEqual([key]);
      await other.remove(key);
      expect(await allKeys(other)).toEqual([]);
      await missing(key);
      await writer.abort();
    });

    test.each([100, 20_000_000])("a remove ends a writer of %d bytes in the same process", async (size) => {
      const key = newKey();
      const writer = await store.create(key, size);
      await fill(writer, content(size));
      await store.remove(key);
      await expect(writer.commit()).rejects.toThrow();
      expect(await allKeys(other)).toEqual([]);
    });

    describe.each([100, 300_000, 20_000_000])("%d bytes set aside", (size) => {
      const bytes = content(2 * size + 5);

      test("are gone on with, again and again, and nobody sees them before the commit", async () => {
        const key = newKey();
        let writer = await store.create(key, bytes.length);
        const cuts = [0, size, size, size + 3, bytes.length];
        for (let i = 1; i < cuts.length; i++) {
          await fill(writer, bytes.subarray(cuts[i - 1], cuts[i]));
          expect(writer.written).toBe(cuts[i]);
          if (i === cuts.length - 1) break;
          await writer.rest();
          await missing(key);
          if (traits.seesUnfinished && size >= 20_000_000) expect(await allKeys(other)).toEqual([key]);
          writer = (await (traits.resumes ? other : store).resume(key))!;
          expect(writer.written).toBe(cuts[i]);
        }
        expect(await writer.commit()).toEqual({ sha256: sha256(bytes), size: bytes.length });
        expect((await drain(await other.read(key))).equals(bytes)).toBe(true);
      });

      test("can be given up: by whoever goes on, and by a remove", async () => {
        for (const how of ["abort", "remove"] as const) {
          const key = newKey();
          const writer = await store.create(key);
          await fill(writer, bytes.subarray(0, size));
          await writer.rest();
          if (how === "abort") await (await store.resume(key))!.abort();
          else await store.remove(key);
          expect(await store.resume(key)).toBeUndefined();
          expect(await allKeys(other)).toEqual([]);
        }
      });

      test("are nothing to their first writer any more", async () => {
        const key = newKey();
        const writer = await store.create(key);
        await fill(writer, bytes.subarray(0, size));
        await writer.rest();
        await expect(writer.write(content(1))).rejects.toThrow();
        await expect(writer.rest()).rejects.toThrow();
      });
    });

    test.each([1, TAIL, ...traits.turns.map((n) => n + 1), ...traits.turns.map((n) => n + TAIL + 1)])(
      "of %d bytes set aside, the last ones are at hand",
      async (size) => {
        const [key, bytes] = [newKey(), content(size + 7)];
        let writer = await store.create(key);
        for (const [from, to] of [
          [0, size],
          [size, size + 7],
        ] as const) {
          await fill(writer, bytes.subarray(from, to));
          await writer.rest();
          writer = (await (traits.resumes ? other : store).resume(key))!;
          expect(Buffer.compare(await writer.tail(), bytes.subarray(Math.max(0, to - TAIL), to))).toBe(0);
        }
        expect(await writer.commit()).toEqual({ sha256: sha256(bytes), size: bytes.length });
      },
    );

    test("nothing is gone on with where nothing is", async () => {
      expect(await store.resume(newKey())).toBeUndefined();
    });

    if (traits.resumes)
      test.each([100, 20_000_000])("what a dead process left of %d bytes is gone on with", async (size) => {
        const [key, bytes] = [newKey(), content(size)];
        const dead = await store.create(key);
        await fill(dead, bytes.subarray(0, size - 40));
        const unfinished = (await other.resume(key))!;
        expect(unfinished.written).toBeLessThanOrEqual(size - 40);
        await fill(unfinished, bytes.subarray(unfinished.written));
        expect((await unfinished.commit()).sha256).toBe(sha256(bytes));
        // And once more, when nobody has heard of the commit.
        const whole = (await other.resume(key))!;
        expect(whole.written).toBe(size);
        expect(await whole.commit()).toEqual({ sha256: sha256(bytes), size });
        expect((await drain(await store.read(key))).equals(bytes)).toBe(true);
        await (await store.resume(key))!.abort();
        expect(await allKeys(other)).toEqual([]);
        await dead.abort();
      });

    test("a key is used by one writer at a time", async () => {
      const key = newKey();
      const writer = await store.create(key);
      await expect(store.create(key)).rejects.toThrow("used once");
      await writer.abort();
    });

    test("many at once do not meet", async () => {
      const sizes = [5, 70_000, 1_100_000, 9_000_000, 300_000, 1];
      const keys = sizes.map(newKey);
      const sums = await Promise.all(keys.map((key, i) => put(store, key, content(sizes[i]!))));
      expect(sums.map((s) => s.size)).toEqual(sizes);
      expect(await allKeys(other)).toEqual([...keys].sort());
      await Promise.all(
        keys.map(async (key, i) => {
          expect((await drain(await store.read(key))).equals(content(sizes[i]!))).toBe(true);
        }),
      );
    });

    describe("reading", () => {
      const size = 1_000_000;
      const bytes = content(size);

      test.each([
        [0, size],
        [0, 1],
        [0, 300_000],
        [262_143, 524_289],
        [999_999, size],
        [500, 500],
        [0, 0],
        [size, size],
      ])("the span from %d to %d", async (start, end) => {
        const key = newKey();
        await put(store, key, bytes);
        const reader = await store.read(key, { start, end });
        expect(reader.size).toBe(size);
        expect((await drain(reader)).equals(bytes.subarray(start, end))).toBe(true);
      });

      test.each([
        [-1, 5],
        [5, 4],
        [0, size + 1],
        [size + 1, size + 1],
        [size, size + 1],
        [0.5, 2],
        [0, Infinity],
      ])("a span from %d to %d is a mistake of the caller", async (start, end) => {
        const key = newKey();
        await put(store, key, bytes);
        await expect(store.read(key, { start, end })).rejects.toThrow(RangeError);
      });

      test("ends when the reader breaks off, and the store goes on", async () => {
        const key = newKey();
        await put(store, key, content(9_000_000));
        for (let i = 0; i < 80; i++) for await (const chunk of await store.read(key)) if (chunk.length > 0) break;
        expect((await drain(await store.read(key))).length).toBe(9_000_000);
      });

      test("ends with the signal, before and in the middle, with its reason", async () => {
        const key = newKey();
        await put(store, key, content(9_000_000));
        const reason = new Error("enough");
        await expect(store.read(key, undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
        const controller = new AbortController();
        const reader = await store.read(key, undefined, controller.signal);
        let got = 0;
        const reading = (async () => {
          for await (const chunk of reader) {
            got += chunk.length;
            controller.abort(reason);
          }
        })();
        await expect(reading).rejects.toBe(reason);
        expect(got).toBeLessThan(9_000_000);
      });

      test("can be closed at any time, again and again", async () => {
        const key = newKey();
        await put(store, key, content(9_000_000));
        const unread = await store.read(key);
        await Promise.all([unread.close(), unread.close()]);
        const begun = await store.read(key);
        for await (const chunk of begun) if (chunk.length > 0) break;
        await begun.close();
        const closed = await store.read(key);
        await closed.close();
        await expect(drain(closed)).rejects.toThrow();
      });

      test("poured, the same bytes come, one chunk after the other was taken; then it is closed", async () => {
        const key = newKey();
        await put(store, key, bytes);
        const reader = await store.read(key, { start: 10, end: 900_000 });
        const got: Buffer[] = [];
        let pouring = false;
        await reader.pour(async (chunk) => {
          expect(pouring).toBe(false);
          pouring = true;
          await new Promise((resolve) => setImmediate(resolve));
          got.push(Buffer.from(chunk));
          pouring = false;
        });
        expect(Buffer.concat(got).equals(bytes.subarray(10, 900_000))).toBe(true);
        await expect(reader.pour(async () => undefined)).rejects.toThrow();
      });

      test("pouring ends with what the sink throws, or with the signal", async () => {
        const key = newKey();
        await put(store, key, content(9_000_000));
        const reason = new Error("enough");
        const throwing = await store.read(key);
        await expect(throwing.pour(() => Promise.reject(reason))).rejects.toBe(reason);
        const controller = new AbortController();
        const stopped = await store.read(key, undefined, controller.signal);
        await expect(stopped.pour(async () => controller.abort(reason))).rejects.toBe(reason);
      });

      test("chunks are their reader's own", async () => {
        const key = newKey();
        await put(store, key, bytes);
        for await (const chunk of await store.read(key)) chunk.fill(0);
        const held: Uint8Array[] = [];
        for await (const chunk of await store.read(key)) held.push(chunk);
        expect(Buffer.concat(held).equals(bytes)).toBe(true);
      });

      test("an open reader keeps what is removed, or says that it is gone; it never gives other bytes", async () => {
        const key = newKey();
        await put(store, key, bytes);
        const reader = await store.read(key);
        await store.remove(key);
        const got = await drain(reader).catch((e: unknown) => e);
        expect(got instanceof Refusal || (got as Buffer).equals(bytes)).toBe(true);
      });
    });

    test("what is not there is not found, and removing it is no error", async () => {
      const key = newKey();
      await missing(key);
      expect(await refusalOf(store.read(key, { start: 0, end: 0 }))).toBe("not-found");
      expect(await refusalOf(store.read(key, { start: 5, end: 9 }))).toBe("not-found");
      await store.remove(key);
      await put(store, key, content(3));
      await store.remove(key);
      await store.remove(key);
      await missing(key);
    });

    if (traits.follows) followContract(() => ({ store, newKey }));
    else
      test("says that an object cannot be read while it is written", async () => {
        const writer = await store.create(newKey());
        expect("follow" in writer).toBe(false);
        await writer.abort();
      });

    test.each(["", "a", "../../../../etc/passwd", "a/b", `${"a".repeat(21)}/`, "a".repeat(23), `..${"a".repeat(20)}`, `${"a".repeat(21)}\0`, `${"a".repeat(21)}\n`, `${"a".repeat(21)}ä`])(
      "%j is no key",
      async (key) => {
        await expect(store.create(key)).rejects.toThrow(TypeError);
        await expect(store.read(key)).rejects.toThrow(TypeError);
        await expect(store.remove(key)).rejects.toThrow(TypeError);
      },
    ); // prettier-ignore

    test("its own check passes and leaves nothing", async () => {
      await store.check();
      expect(await allKeys(other)).toEqual([]);
    });

    if (traits.memory !== undefined) {
      const limit = traits.memory;
      test("memory does not grow with size", async () => {
        const key = newKey();
        const chunk = content(2 ** 20);
        const before = process.memoryUsage().arrayBuffers;
        const writer = await store.create(key);
        let most = 0; // of what Node holds outside its heap, where buffers lie
        for (let i = 0; i < 192; i++) {
          await writer.write(chunk);
          most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        }
        expect((await writer.commit()).size).toBe(192 * 2 ** 20);
        expect(most).toBeLessThan(limit);
      }, 60_000);
    }
  });
}
