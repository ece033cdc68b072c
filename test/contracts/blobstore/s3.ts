/** What only an S3 store has to show. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { BlobStore } from "../../../component/control/ports.js";
import { randomId } from "../../../component/lib/ids.js";
import type { S3Server } from "../../harness/s3.js";
import { allKeys, content, drain, fill, put, refusalOf } from "./bytes.js";
import { BUCKET, plainClient, settingsOf, started } from "./s3-stage.js";

/** `start` brings a server with the bucket in it. */
export function s3Contract(name: string, start: () => Promise<S3Server>): void {
  describe(name, () => {
    let server: S3Server;
    let store: BlobStore;
    beforeAll(async () => {
      server = await start();
      store = await started(settingsOf(server, "&prefix=some/where"));
    }, 120_000);
    afterAll(async () => {
      await store?.stop();
      await server?.remove();
    });

    test("keys lie under the prefix, and nothing else there is ours", async () => {
      const key = randomId();
      await put(store, key, content(10));
      const s3 = plainClient(server);
      await s3.putObject({ Bucket: BUCKET, Key: "some/where/README", Body: "x" });
      await s3.putObject({ Bucket: BUCKET, Key: randomId(), Body: "x" });
      expect((await s3.headObject({ Bucket: BUCKET, Key: `some/where/${key}` })).ContentLength).toBe(10);
      s3.destroy();
      expect(await allKeys(store)).toEqual([key]);
      await store.remove(key);
    });

    test("of what is set aside the newest are kept, as many as memory has room for", async () => {
      const keys = Array.from({ length: 5 }, randomId);
      for (const key of keys) {
        const writer = await store.create(key);
        await fill(writer, content(17_000_000));
        await writer.rest();
      }
      const left = [];
      for (const key of keys) left.push((await store.resume(key))?.written);
      expect(left).toEqual([undefined, undefined, 17_000_000, 17_000_000, 17_000_000]);
      for (const key of keys) await store.remove(key);
      expect(await allKeys(store)).toEqual([]);
    });

    test("a missing bucket stops the start with a sentence", async () => {
      const settings = settingsOf(server);
      const wrong = { ...settings, url: settings.url.replace(BUCKET, "no-such-bucket") };
      await expect(started(wrong)).rejects.toThrow("there is no bucket “no-such-bucket”");
    });

    test("a store that goes away is “storage-down” soon, wherever it is met, and works again when it is back", async () => {
      const [kept, multipart, small] = [randomId(), randomId(), randomId()];
      await put(store, kept, content(9_000_000));
      const large = await store.create(multipart);
      await fill(large, content(17_000_000));
      const little = await store.create(small);
      await fill(little, content(100));
      const reader = await store.read(kept, { start: 0, end: 0 });
      await reader.close();
      await server.stop();
      try {
        expect(await refusalOf(store.read(kept))).toBe("storage-down");
        expect(await refusalOf(fill(large, content(70_000_000)))).toBe("storage-down");
        expect(await refusalOf(large.commit())).toBe("storage-down");
        expect(await refusalOf(little.commit())).toBe("storage-down");
        expect(await refusalOf(store.remove(kept))).toBe("storage-down");
        expect(await refusalOf(allKeys(store))).toBe("storage-down");
        await expect(store.check()).rejects.toThrow("no good answer from the S3 store at http://127.0.0.1");
        const late = await started(settingsOf(server)); // is not stopped by it
        await late.stop();
      } finally {
        await server.start();
      }
      expect((await drain(await store.read(kept))).equals(content(9_000_000))).toBe(true);
      for (const key of [kept, multipart, small]) await store.remove(key);
      expect(await allKeys(store)).toEqual([]);
      await store.check();
    }, 60_000);
  });
}
