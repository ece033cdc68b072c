import { describe, expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { run } from "../../harness/process.js";
import { collect, open, someone, type Ground } from "./kit.js";

const CHILD = fileURLToPath(new URL("./kill-child.ts", import.meta.url));
const LOADER = fileURLToPath(new URL("../../harness/typescript.mjs", import.meta.url));
const ROUNDS = 10;

export function killContract(ground: Ground): void {
  describe("kill -9", () => {
    test(`${ROUNDS} times at some instant: what was acknowledged is there, and what was in hand is taken over at once`, async () => {
      const url = await ground.url();
      for (let round = 0; round < ROUNDS; round++) {
        const owner = someone("killed");
        const child = run(process.execPath, ["--no-warnings", "--import", LOADER, CHILD, url, owner]);
        // Some line of the hundreds that it prints in a second.
        for (let left = 1 + Math.floor(Math.random() * 80); left > 0; left--) await child.waitFor(/^(begun|kept|sent|held|removed) /); // prettier-ignore
        await child.kill();
        const said = (word: string) => child.lines.map((line) => line.split(" ")).filter(([w, , last]) => w === word && last !== undefined); // prettier-ignore

        const index = open(url);
        await index.start();
        const known = await collect(index.knownKeys());
        expect(new Set(known).size).toBe(known.length);
        const doomed = new Set(await index.doomed(100_000));
        const intakes = new Set((await index.abandonedIntakes(100_000)).map((intake) => intake.id));
        const parcels = new Map((await index.abandonedParcels(100_000)).map((parcel) => [parcel.id, parcel]));
        for (const [, id] of said("begun")) expect(intakes).toContain(id);
        for (const [, id, key] of said("kept")) expect((await index.file(id!))?.blob.key).toBe(key);
        for (const [, id] of said("sent")) expect(await index.parcel(id!)).toBeDefined();
        for (const [, id, version] of said("held")) expect(parcels.get(id!)?.version).toBe(Number(version));
        for (const [, id, key] of said("removed")) {
          expect(await index.file(id!)).toBeUndefined();
          expect(doomed).toContain(key);
        }
        expect(said("begun").length).toBeGreaterThan(0);
        const files = await index.files(owner, undefined, 100_000);
        expect(await index.usage(owner)).toEqual({
          files: files.length,
          bytes: files.reduce((sum, f) => sum + f.size, 0),
        });
        await index.stop();
      }
    }, 120_000);
  });
}
