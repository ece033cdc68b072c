/** The common part of `BlobStore.check`: a small object goes in, out and away again. */
import type { BlobStore } from "../../control/ports.js";
import { randomId } from "../../lib/ids.js";

/** Rejects with whatever the store rejects with, or when it gives back other bytes than it took. */
export async function probe(store: BlobStore): Promise<void> {
  const key = randomId();
  const bytes = Buffer.from(`probe ${key}`);
  try {
    const writer = await store.create(key, bytes.length);
    try {
      await writer.write(bytes);
      await writer.commit();
    } catch (e) {
      await writer.abort();
      throw e;
    }
    const got: Uint8Array[] = [];
    for await (const chunk of await store.read(key)) got.push(chunk);
    if (!Buffer.concat(got).equals(bytes)) throw new Error("the storage gave back other bytes than it was given");
  } catch (e) {
    await store.remove(key).catch(() => undefined); // what went wrong first is what matters
    throw e;
  }
  await store.remove(key);
}
