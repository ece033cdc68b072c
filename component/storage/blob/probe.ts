/** The common part of `BlobStore.check`: a small object goes in, out and away again. */
import type { BlobStore } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";

/** Always the same, so that what a process that died here left is found by the next; no key that `randomId` makes looks like it. */
const KEY = "probe-----------------";
const BYTES = Buffer.from("Restante was here");
/** Another process may be trying the same store at the same time, and take ours away. */
const TRIES = 3;

/** Rejects with whatever the store rejects with, or when it gives back other bytes than it took. */
export async function probe(store: BlobStore): Promise<void> {
  for (let n = 1; ; n++) {
    try {
      return await once(store);
    } catch (e) {
      const disturbed = !(e instanceof Refusal) || e.code === "not-found";
      if (n === TRIES || !disturbed) throw e;
    }
  }
}

async function once(store: BlobStore): Promise<void> {
  await store.remove(KEY);
  try {
    const writer = await store.create(KEY, BYTES.length);
    try {
      await writer.write(BYTES);
      await writer.commit();
    } catch (e) {
      await writer.abort();
      throw e;
    }
    const got: Uint8Array[] = [];
    for await (const chunk of await store.read(KEY)) got.push(chunk);
    if (!Buffer.concat(got).equals(BYTES)) throw new Error("the storage gave back other bytes than it was given");
  } catch (e) {
    await store.remove(KEY).catch(() => undefined); // what went wrong first is what matters
    throw e;
  }
  await store.remove(KEY);
}
