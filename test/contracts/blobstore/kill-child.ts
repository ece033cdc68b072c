/** Keeps objects for ever, two at a time, and prints each when the store has acknowledged it. To be killed. */
import { randomInt } from "node:crypto";
import { randomId } from "../../../component/lib/ids.js";
import { createLog } from "../../../component/lib/log.js";
import { openBlobStore, type StorageSettings } from "../../../component/storage/blob/open.js";
import { content, fill } from "./bytes.js";

const [settings, most] = process.argv.slice(2) as [string, string];
const store = openBlobStore(JSON.parse(settings) as StorageSettings, createLog("silent"));
await store.start();
const bytes = content(Number(most));

async function keep(): Promise<never> {
  for (;;) {
    const [key, size] = [randomId(), randomInt(Number(most))];
    const writer = await store.create(key, randomInt(2) === 0 ? size : undefined);
    await fill(writer, bytes.subarray(0, size));
    await writer.commit();
    process.stdout.write(`kept ${key} ${size}\n`);
  }
}

await Promise.all([keep(), keep()]);
