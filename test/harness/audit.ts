/** Looks through everything that a stopped Restante has kept: records against bytes, bytes against records, and each parcel's history. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore, HistoryRow, Index, KeptFile, Parcel } from "../../component/control/ports.js";
import { loadConfig } from "../../component/config.js";
import { systemClock } from "../../component/lib/clock.js";
import { bare } from "../../component/lib/jid.js";
import { createLog } from "../../component/lib/log.js";
import { openBlobStore } from "../../component/storage/blob/open.js";
import { openIndex } from "../../component/storage/index/open.js";

export interface Audit {
  readonly index: Index;
  readonly blobs: BlobStore;
  /** Keys with bytes, finished or not, and keys that the records know; sorted. */
  keys(): Promise<{ stored: string[]; known: string[] }>;
  /** SHA-256 of the stored bytes. */
  stored(file: KeptFile): Promise<string>;
  parcels(file: KeptFile): Promise<{ parcel: Parcel; history: HistoryRow[] }[]>;
  files(owner: string): Promise<KeptFile[]>;
  close(): Promise<void>;
}

/** Opens what the configuration names, as the program's own tools do. */
export async function openAudit(configFile: string): Promise<Audit> {
  const config = loadConfig(configFile, {});
  const log = createLog("silent");
  const index = openIndex(config.database.url, { log, clock: systemClock, role: "tool" });
  const blobs = openBlobStore(config.storage, log);
  await index.start();
  await blobs.start();
  return {
    index,
    blobs,
    async keys() {
      return { stored: await sorted(blobs.keys()), known: await sorted(index.knownKeys()) };
    },
    async stored(file) {
      const found = await index.file(file.id);
      const hash = createHash("sha256");
      for await (const chunk of await blobs.read(found!.blob.key)) hash.update(chunk);
      return hash.digest("hex");
    },
    async parcels(file) {
      const all = await index.parcelsOf(file.id, 100);
      return Promise.all(all.map(async (parcel) => ({ parcel, history: await index.history(parcel.id) })));
    },
    async files(owner) {
      const files: KeptFile[] = [];
      for (;;) {
        const page = await index.files(bare(owner), files.at(-1)?.number, 100);
        files.push(...page);
        if (page.length < 100) return files;
      }
    },
    async close() {
      await blobs.stop();
      await index.stop();
    },
  };
}

/** Every file under a folder of blobs, by its name alone, whatever it is. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name).sort(); // prettier-ignore
}

export const blobFolder = (folder: string): string => join(folder, "blobs");

async function sorted(keys: AsyncIterable<string>): Promise<string[]> {
  const all = new Set<string>();
  for await (const key of keys) all.add(key);
  return [...all].sort();
}
