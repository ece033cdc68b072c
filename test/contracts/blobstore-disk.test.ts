import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "../../component/control/ports.js";
import { randomId } from "../../component/lib/ids.js";
import { createLog } from "../../component/lib/log.js";
import { openBlobStore, type StorageSettings } from "../../component/storage/blob/open.js";
import { exec } from "../harness/process.js";
import { smallDisk, tempFolder, type TempFolder } from "../harness/tmp.js";
import { blobStoreContract } from "./blobstore.js";
import { allKeys, content, drain, fill, put, refusalOf, sha256 } from "./blobstore/bytes.js";
import { surviveKills } from "./blobstore/kill.js";

const settings = (folder: string): StorageSettings => ({ url: `file:${folder}`, access_key: "", secret_key: "" });
const open = (folder: string): BlobStore => openBlobStore(settings(folder), createLog("silent"));

async function started(folder: string): Promise<BlobStore> {
  const store = open(folder);
  await store.start();
  return store;
}

blobStoreContract(
  "blobs on disk",
  { turns: [2 ** 18, 2 ** 20], seesUnfinished: true, resumes: true, follows: true, memory: 8 * 2 ** 20 },
  async () => {
    const folder = await tempFolder();
    return {
      store: await started(join(folder.path, "blobs")),
      another: () => started(join(folder.path, "blobs")),
      end: () => folder.remove(),
    };
  },
);

describe("a folder of blobs", () => {
  let folder: TempFolder;
  beforeAll(async () => {
    folder = await tempFolder();
  });
  afterAll(() => folder.remove());

  test("lies in two levels, for its owner alone", async () => {
    const root = join(folder.path, "layout");
    const store = await started(root);
    const key = randomId();
    await put(store, key, content(5000));
    const path = join(root, key[0]!, key);
    expect(await readFile(path)).toEqual(content(5000));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    expect(await readdir(join(root, "tmp"))).toEqual([]);
  });

  test("many that wait for their next byte hold little", async () => {
    const store = await started(join(folder.path, "many"));
    const before = process.memoryUsage().arrayBuffers;
    const writers = await Promise.all(Array.from({ length: 200 }, () => store.create(randomId(), 2 ** 20)));
    for (const writer of writers) await writer.write(content(1000));
    // 32 pieces of 1 MiB, 168 of 64 KiB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(48 * 2 ** 20);
    const bytes = content(2 ** 20);
    for (const writer of writers) await writer.write(bytes.subarray(1000));
    for (const done of await Promise.all(writers.map((writer) => writer.commit())))
      expect(done).toEqual({ sha256: sha256(bytes), size: 2 ** 20 });
  });

  test("shows nothing that is not ours", async () => {
    const root = join(folder.path, "foreign");
    const store = await started(root);
    await mkdir(join(root, "lost+found"));
    await mkdir(join(root, "a", "b"), { recursive: true });
    await writeFile(join(root, "a", "b", "README"), "");
    expect(await allKeys(store)).toEqual([]);
    const key = `ab${randomId().slice(2)}`;
    await symlink("/etc/passwd", join(root, "a", key));
    expect(await refusalOf(store.read(key))).toBe("storage-down");
  });

  test("an object that has lost its end is never taken for whole", async () => {
    const root = join(folder.path, "short");
    const store = await started(root);
    const key = randomId();
    await put(store, key, content(600_000));
    const reader = await store.read(key);
    await writeFile(join(root, key[0]!, key), content(300_000));
    expect(await refusalOf(drain(reader))).toBe("storage-down");
  });

  test("says why it cannot be used", async () => {
    const file = join(folder.path, "file");
    await writeFile(file, "");
    await expect(open(file).start()).rejects.toThrow("is no folder");
    await expect(open(join(file, "below")).start()).rejects.toThrow("is no folder");
    await expect(open(join(folder.path, "x".repeat(300))).start()).rejects.toThrow("does not work: ENAMETOOLONG");
  });

  test("that may not be written to says so", async () => {
    // Nothing is closed to root but a disk that is mounted so.
    const isRoot = process.getuid!() === 0;
    const disk = isRoot ? await smallDisk(2 ** 20) : await tempFolder();
    try {
      if (isRoot) await exec("mount", ["-o", "remount,ro", disk.path]);
      else await chmod(disk.path, 0o500);
      const why = isRoot ? "is mounted read-only" : "is not writable for the user that Restante runs as";
      await expect(open(disk.path).start()).rejects.toThrow(why);
    } finally {
      if (!isRoot) await chmod(disk.path, 0o700);
      await disk.remove();
    }
  });

  test("that has been taken away is “storage-down”, and works again when it is back", async () => {
    const root = join(folder.path, "taken");
    const store = await started(root);
    await rename(root, `${root}-away`);
    expect(await refusalOf(store.create(randomId()))).toBe("storage-down");
    await expect(store.check()).rejects.toThrow("taken");
    await rename(`${root}-away`, root);
    await store.check();
  });
});

test("a full disk is a refusal; what is kept stays, and with space it goes on", async () => {
  const disk = await smallDisk(24 * 2 ** 20);
  try {
    const store = await started(disk.path);
    const [kept, bytes] = [randomId(), content(8 * 2 ** 20)];
    await put(store, kept, bytes);
    for (const step of [65_536, 2 ** 20]) {
      const writer = await store.create(randomId(), 32 * 2 ** 20);
      expect(await refusalOf(fill(writer, content(32 * 2 ** 20), step))).toBe("disk-full");
      expect(await refusalOf(writer.write(content(10)).then(() => writer.commit()))).toBe("disk-full");
      await writer.abort();
    }
    expect(await allKeys(store)).toEqual([kept]);
    expect(sha256(await drain(await store.read(kept)))).toBe(sha256(bytes));
    const again = randomId();
    await put(store, again, content(12 * 2 ** 20)); // the refused ones have left room
    await store.remove(kept);
    await put(store, kept, content(10 * 2 ** 20));
  } finally {
    await disk.remove();
  }
});

test("kill -9 at any time leaves whole objects, and nothing else that can be read", async () => {
  const folder = await tempFolder();
  try {
    await surviveKills(await started(folder.path), settings(folder.path), 3_000_000, 20);
  } finally {
    await folder.remove();
  }
}, 120_000);
