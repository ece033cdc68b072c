import { expect, test } from "@jest/globals";
import { randomId } from "../../component/lib/ids.js";
import { MemoryBlobStore } from "../../component/storage/blob/memory.js";
import { blobStoreContract } from "./blobstore.js";
import { content, put, refusalOf } from "./blobstore/bytes.js";

blobStoreContract(
  "blobs in memory",
  { turns: [], seesUnfinished: true, resumes: true, follows: true, memory: undefined },
  async () => {
    const store = new MemoryBlobStore();
    return { store, another: async () => store, end: async () => undefined };
  },
);

test("its trouble is the trouble of the others", async () => {
  const store = new MemoryBlobStore();
  const key = randomId();
  await put(store, key, content(10));
  store.trouble = "full";
  expect(await refusalOf(put(store, randomId(), content(10)))).toBe("disk-full");
  expect((await store.read(key)).size).toBe(10);
  const writer = await store.create(randomId());
  store.trouble = "down";
  expect(await refusalOf(writer.commit())).toBe("storage-down");
  expect(await refusalOf(store.read(key))).toBe("storage-down");
  expect(await refusalOf(store.check())).toBe("storage-down");
  store.trouble = "none";
  expect((await store.read(key)).size).toBe(10);
});
