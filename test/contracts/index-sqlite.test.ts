import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "libsql";
import { bare } from "../../component/lib/jid.js";
import { openIndex } from "../../component/storage/index/open.js";
import { smallDisk, tempFolder, type TempFolder } from "../harness/tmp.js";
import { indexContract } from "./index.js";
import { DAY, give, intakeOf, notice, open, post, silent, someone, T0 } from "./index/kit.js";
import { systemClock } from "../../component/lib/clock.js";

let folder: TempFolder;
let count = 0;
const databases: string[] = [];
beforeAll(async () => {
  folder = await tempFolder("restante-index");
});
afterAll(() => folder.remove());

async function newFile(): Promise<string> {
  const path = join(folder.path, "not there yet", `${++count}.db`);
  databases.push(path);
  return `sqlite:${path}`;
}

indexContract("SQLite in a file", { url: newFile, many: false, lasting: true });
indexContract("SQLite in memory", { url: async () => "sqlite::memory:", many: false, lasting: false });

describe("index on SQLite", () => {
  test("every database of this suite is sound, and nobody else's to read", async () => {
    for (const path of databases) {
      const file = new Database(path);
      expect(file.prepare("pragma integrity_check").all([])).toEqual([{ integrity_check: "ok" }]);
      expect(file.prepare("pragma foreign_key_check").all([])).toEqual([]);
      file.close();
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
    expect(databases.length).toBeGreaterThan(10);
  });

  test("one server at a time; tools may come beside it; after it the next", async () => {
    const url = await newFile();
    const [first, second, tool] = [open(url), open(url), open(url, "tool")];
    await first.start();
    await expect(second.start()).rejects.toThrow(/served by another process already/);
    await tool.start();
    await tool.setContact(someone(), {}, T0);
    await tool.stop();
    await first.stop();
    await second.start();
    await second.stop();
  });

  test("work of many writes lets others be heard", async () => {
    const index = open(await newFile());
    await index.start();
    let turns = 0;
    let isOver = false;
    const turn = (): void => void (++turns, !isOver && setImmediate(turn));
    setImmediate(turn);
    for (let i = 0; i < 300; i++) await index.setContact(someone(), {}, T0);
    isOver = true;
    expect(turns).toBeGreaterThan(1);
    await index.stop();
  });

  test("locked by somebody else: down for writing after a while, not for reading; then it goes on by itself", async () => {
    const url = await newFile();
    const index = openIndex(url, { log: silent, clock: systemClock, role: "server", patience: 300 });
    await index.start();
    const jid = someone();
    await index.setContact(jid, { standing: "met" }, T0);
    const other = new Database(url.slice("sqlite:".length));
    other.exec("begin exclusive");
    const write = index.setContact(jid, { followed: true }, T0).catch((e: unknown) => e);
    expect(await index.contact(jid)).toMatchObject({ standing: "met" }); // while the other waits
    expect(await write).toMatchObject({ code: "index-down", cause: { code: "SQLITE_BUSY" } });
    await expect(index.check()).rejects.toMatchObject({ code: "index-down" });
    const patient = index.addNotices([notice(jid)]);
    other.exec("rollback");
    await patient;
    expect(await index.setContact(jid, { followed: true }, T0)).toMatchObject({ followed: true });
    other.close();
    await index.stop();
  });

  test("a full disk is refused as such, breaks nothing, and is over when there is room again", async () => {
    const disk = await smallDisk(2_500_000);
    const filler = join(disk.path, "filler");
    await writeFile(filler, new Uint8Array(1_000_000));
    const index = open(`sqlite:${join(disk.path, "restante.db")}`, "server", systemClock, 300);
    await index.start();
    const owner = someone();
    const kept: string[] = [];
    const ballast = notice(owner, { details: { text: "x".repeat(20_000) } });
    const refused = await (async () => {
      for (let i = 0; i < 500; i++) {
        kept.push((await give(index, owner)).id);
        await index.addNotices([{ ...ballast, id: `ballast${i}` }]);
      }
    })().catch((e: unknown) => e);
    expect(refused).toMatchObject({ code: "disk-full" });
    expect(await index.usage(owner)).toMatchObject({ files: kept.length });
    for (const id of kept) expect(await index.file(id)).toBeDefined();
    await unlink(filler);
    await index.check();
    expect((await give(index, owner)).number).toBe(kept.length + 1);
    await index.stop();
    await disk.remove();
  });

  test("what is no database is said to be down", async () => {
    const plain = join(folder.path, "plain");
    await writeFile(plain, "no folder, and no database either");
    await expect(open(`sqlite:${plain}/restante.db`).start()).rejects.toMatchObject({ code: "index-down" });
    await expect(open(`sqlite:${plain}`).start()).rejects.toMatchObject({ code: "index-down" });
    await expect(open(`sqlite:${folder.path}`).start()).rejects.toMatchObject({ code: "index-down" });
  });

  test("records of an earlier version are gone on with", async () => {
    const url = await newFile();
    const [index, next, juliet] = [open(url), open(url), someone()];
    await index.start();
    const parcel = await post(index, juliet);
    const intake = intakeOf(parcel.sender, { size: 9 });
    await index.beginIntake(intake);
    await index.restIntake(intake.id, 4, Date.now() + DAY, []);
    await index.stop();
    const file = new Database(url.slice("sqlite:".length));
    for (const table of ["intakes", "parcels"]) file.exec(`alter table ${table} drop column via`);
    file.exec("delete from kysely_migration where name >= '0006'");
    file.close();
    await next.start();
    expect(await next.waitingFor(juliet, 0, 10)).toEqual([parcel]);
    expect(await next.cutIntakes(parcel.sender, 10)).toEqual([expect.objectContaining(intake)]);
    await next.stop();
  });

  test("a statement that failed can be used again", async () => {
    const index = open("sqlite::memory:");
    await index.start();
    const intake = { id: "i", owner: bare("a@b"), method: "link", source: "", name: "", blobKey: "k", since: T0 };
    await index.beginIntake(intake);
    await expect(index.beginIntake(intake)).rejects.toMatchObject({
      code: expect.stringMatching(/^SQLITE_CONSTRAINT/),
    });
    await index.beginIntake({ ...intake, id: "j", blobKey: "l" });
    await index.stop();
  });
});
