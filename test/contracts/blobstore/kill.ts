import { expect } from "@jest/globals";
import { fileURLToPath } from "node:url";
import type { BlobStore } from "../../../component/control/ports.js";
import type { StorageSettings } from "../../../component/storage/blob/open.js";
import { run } from "../../harness/process.js";
import { allKeys, content, drain } from "./bytes.js";

const CHILD = fileURLToPath(new URL("./kill-child.ts", import.meta.url));
const LOADER = fileURLToPath(new URL("../../harness/typescript.mjs", import.meta.url));

/**
 * kill -9 of a process that writes objects of up to `most` bytes, so many times: what it had acknowledged is there and whole, nothing that
 * is not whole can be read, and after a remove of each key nothing is left.
 */
export async function surviveKills(
  store: BlobStore,
  settings: StorageSettings,
  most: number,
  rounds: number,
): Promise<void> {
  const bytes = content(most);
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const child = run(process.execPath, [
      "--no-warnings",
      "--import",
      LOADER,
      CHILD,
      JSON.stringify(settings),
      `${most}`,
    ]);
    // In the midst of some object or other, after as many whole ones as differ from round to round.
    for (let i = 0; i <= round % 5; i++) await child.waitFor(/^kept /);
    await child.kill();
    for (const line of child.lines) {
      const [, key, size] = /^kept (\S+) (\d+)$/.exec(line) ?? [];
      if (key !== undefined) acknowledged.set(key, Number(size));
    }
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(rounds);
  const keys = await allKeys(store);
  expect(keys).toEqual(expect.arrayContaining([...acknowledged.keys()]));
  for (const key of new Set(keys)) {
    const size = acknowledged.get(key);
    const got = await store.read(key).then(drain, () => undefined);
    if (size !== undefined) expect(got?.length).toBe(size);
    // Unacknowledged, but readable: the process died after the commit and before it could say so. It is whole, or it would not be there.
    if (got) expect(got.equals(bytes.subarray(0, got.length))).toBe(true);
    await store.remove(key);
  }
  expect(await allKeys(store)).toEqual([]);
}
