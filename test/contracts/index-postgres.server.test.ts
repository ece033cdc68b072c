import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { EventEmitter } from "node:events";
import { startPostgres, type Postgres } from "../harness/postgres.js";
import { indexContract } from "./index.js";
import { give, intakeOf, move, notice, open, post, sha, someone, T0 } from "./index/kit.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.remove());

indexContract("PostgreSQL", { url: () => postgres.createDatabase(), many: true, lasting: true });

/** Asks again until it is so. */
async function eventually<T>(ask: () => Promise<T>, deadline = 15_000): Promise<T> {
  for (const end = Date.now() + deadline; ;)
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(50);
    }
}

describe("index on PostgreSQL", () => {
  test("two servers over one database: a step, an intake, a parcel goes to one of them", async () => {
    const url = await postgres.createDatabase();
    const dying = open(url);
    await dying.start();
    const indexes = [open(url), open(url)];
    await Promise.all(indexes.map((index) => index.start()));
    const parcels = await Promise.all(Array.from({ length: 10 }, () => post(dying, someone())));
    for (const parcel of parcels) {
      const made = await Promise.all(indexes.map((index) => index.step(move(parcel, "offered"))));
      expect(made.filter((p) => p !== undefined)).toHaveLength(1);
    }
    const intakes = Array.from({ length: 20 }, () => intakeOf(someone()));
    for (const intake of intakes) await dying.beginIntake(intake);
    const held = await Promise.all(Array.from({ length: 20 }, () => post(dying, someone())));
    for (const parcel of held) await dying.step(move(parcel, "offered", { hold: true }));
    await dying.stop();
    const claimed = (await Promise.all([...indexes, ...indexes].map((index) => index.abandonedIntakes(20)))).flat();
    expect(claimed.map((i) => i.id).sort()).toEqual(intakes.map((i) => i.id).sort());
    const rescued = (await Promise.all([...indexes, ...indexes].map((index) => index.abandonedParcels(20)))).flat();
    expect(rescued.map((p) => p.id).sort()).toEqual(held.map((p) => p.id).sort());
    await Promise.all(indexes.map((index) => index.stop()));
  });

  test("servers that start at the same time on an empty database make its tables once", async () => {
    const url = await postgres.createDatabase();
    const indexes = [open(url), open(url), open(url)];
    await Promise.all(indexes.map((index) => index.start()));
    await Promise.all(indexes.map((index) => index.check()));
    await Promise.all(indexes.map((index) => index.stop()));
  });

  test("the same bytes kept and removed through two servers at once", async () => {
    const url = await postgres.createDatabase();
    const indexes = [open(url), open(url)];
    await Promise.all(indexes.map((index) => index.start()));
    const sha256 = sha();
    const owners = [someone(), someone()];
    const files = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const index = indexes[i % 2]!;
        const file = await give(index, owners[(i >> 1) % 2]!, { sha256 });
        if (i % 3 > 0) await index.removeFile(file.id, T0);
        return file;
      }),
    );
    const left = files.filter((_, i) => i % 3 === 0);
    const used = new Set(await Promise.all(left.map(async ({ id }) => (await indexes[0]!.file(id))!.blob.key)));
    expect(used.size).toBe(1);
    const doomed = await indexes[0]!.doomed(1_000);
    expect(doomed).toHaveLength(59);
    expect(doomed).not.toContain([...used][0]);
    expect(await indexes[1]!.totals()).toMatchObject({ files: 20, bytes: 200 });
    await Promise.all(indexes.map((index) => index.stop()));
  });

  test("nudges reach the other server, each once, and again after the database was away", async () => {
    const url = await postgres.createDatabase();
    const [near, far] = [open(url), open(url)];
    await near.start();
    await far.start();
    const heard = new EventEmitter();
    const words: string[] = [];
    const note = (where: string) => (what: string, whom: string) => {
      words.push(`${where} ${what} ${whom}`);
      heard.emit("word");
    };
    near.onNudge(note("near"));
    far.onNudge(note("far"));
    const reaches = async (whom: ReturnType<typeof someone>): Promise<void> => {
      while (!words.includes(`far notices ${whom}`)) await once(heard, "word", { signal: AbortSignal.timeout(5_000) });
      expect(words.filter((word) => word.endsWith(whom))).toHaveLength(2);
    };
    const juliet = someone();
    // The far one may not listen yet: it is told again until it does.
    await eventually(async () => {
      await near.addNotices([notice(someone("echo"))]);
      await once(heard, "word", { signal: AbortSignal.timeout(1_000) });
      if (!words.some((word) => word.startsWith("far"))) throw new Error("not heard yet");
    });
    await near.addNotices([notice(juliet)]);
    await reaches(juliet);
    await postgres.restart();
    words.length = 0;
    await eventually(async () => {
      await near.addNotices([notice(someone("echo"))]);
      await sleep(20);
      if (!words.some((word) => word.startsWith("far"))) throw new Error("not heard yet");
    });
    const romeo = someone("romeo");
    await near.addNotices([notice(romeo)]);
    await reaches(romeo);
    await near.stop();
    await far.stop();
  });

  test("down while the server is away, and by itself up again with everything", async () => {
    const index = open(await postgres.createDatabase());
    await index.start();
    const owner = someone();
    const file = await give(index, owner);
    await postgres.stop();
    await expect(index.file(file.id)).rejects.toMatchObject({ code: "index-down" });
    await expect(give(index, owner)).rejects.toMatchObject({ code: "index-down" });
    await expect(index.check()).rejects.toMatchObject({ code: "index-down" });
    await postgres.start();
    expect(await eventually(() => index.file(file.id))).toMatchObject({ name: file.name });
    await index.check();
    expect((await give(index, owner)).number).toBe(2);
    await index.stop();

    await postgres.stop();
    await expect(index.start()).rejects.toMatchObject({ code: "index-down" });
    await postgres.start();
    await index.start();
    expect(await index.file(file.id)).toMatchObject({ name: file.name });
    await index.stop();
  });

  test("kill -9 of the server in the middle of work: what was acknowledged is there", async () => {
    const index = open(await postgres.createDatabase());
    await index.start();
    const owner = someone();
    const kept: string[] = [];
    const workers = Array.from({ length: 8 }, async () => {
      for (;;) kept.push((await give(index, owner)).id);
    }).map((worker) => worker.catch((e: unknown) => e));
    await eventually(async () => expect(kept.length).toBeGreaterThan(50));
    await postgres.kill();
    for (const worker of workers) expect(await worker).toMatchObject({ code: "index-down" });
    await postgres.start();
    await eventually(() => index.check());
    for (const id of kept) expect(await index.file(id)).toBeDefined();
    const files = await index.files(owner, undefined, 100_000);
    expect(await index.usage(owner)).toMatchObject({ files: files.length });
    expect(await index.totals()).toMatchObject({ files: files.length });
    await index.stop();
  }, 180_000);

  test("what is no database is said to be down", async () => {
    const elsewhere = open("postgres://restante@127.0.0.1:1/nowhere", "server");
    await expect(elsewhere.start()).rejects.toMatchObject({ code: "index-down" });
    const missing = open(`postgres://restante@127.0.0.1:${postgres.port}/missing`);
    await expect(missing.start()).rejects.toMatchObject({ code: "index-down" });
  });
});
