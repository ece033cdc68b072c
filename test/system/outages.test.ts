/** What Restante stands on goes away and comes back: people are told in plain words, nothing is lost, and it goes on by itself. */
import { afterEach, describe, expect, test } from "@jest/globals";
import Database from "libsql";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BUCKET, plainClient, settingsOf } from "../contracts/blobstore/s3-stage.js";
import { BadDay, Gate } from "../harness/bad-day.js";
import { pausedDownload } from "../harness/paused-download.js";
import { fetched, sha256 } from "../harness/post-office.js";
import { startPostgres } from "../harness/postgres.js";
import { startProsody } from "../harness/prosody.js";
import { startSwift } from "../harness/swift.js";
import { smallDisk } from "../harness/tmp.js";

/** Undone after each test, the newest first. */
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function begin(
  config?: Parameters<typeof BadDay.begin>[1],
): Promise<{ day: BadDay; prosody: Awaited<ReturnType<typeof startProsody>> }> {
  const prosody = await startProsody();
  ends.push(() => prosody.remove());
  const day = await BadDay.begin(prosody, config);
  ends.push(() => day.end());
  return { day, prosody };
}

const has = (name: string): RegExp => new RegExp(`^juliet@example\\.test has ${name} `);

describe("Prosody", () => {
  test("is restarted, and killed: connected again, presence right again, offers and receipts made once", async () => {
    const { day, prosody } = await begin();
    let romeo = await day.user("romeo");
    const number = await day.keep(romeo, "one.bin", 100_000);
    await day.ask(romeo, `send ${number} to juliet@example.test`, /waits for juliet/);

    await prosody.restart();
    await day.restante.process.waitFor(/"msg":"online"/);
    expect(await day.health(({ ok }) => ok)).toEqual({ ok: true, component: true, index: true, storage: true });
    const juliet = await day.user("juliet");
    const url = await day.link(juliet, "one.bin");

    // While it is away she fetches, and he cannot be told.
    await prosody.kill();
    expect(await day.health(({ component }) => !component)).toMatchObject({ ok: false, index: true, storage: true });
    expect(await fetched(url)).toBe(day.sumOf("one.bin"));

    // Those who come online before the bot is back are asked about.
    day.restante.process.signal("SIGSTOP");
    await prosody.start();
    romeo = await day.user("romeo");
    day.restante.process.signal("SIGCONT");
    await day.hear(romeo, has("one.bin"), 60_000);

    const again = await day.keep(romeo, "two.bin", 1000);
    const back = await day.user("juliet");
    await day.ask(romeo, `send ${again} to juliet@example.test`, /waits for juliet/);
    await day.link(back, "two.bin");
    await romeo.stop();
    const late = await day.user("romeo");
    await day.ask(late, "list", /two\.bin/); // whatever was to be said again would have been said before
    expect(day.told(late, /has been offered|has one/)).toEqual([]);
    expect(day.told(back, /one\.bin/)).toEqual([]);
  }, 120_000);
});

describe("the S3 store", () => {
  test("is gone for a while: said so, an intake waits and is kept, links answer 503 and work later", async () => {
    const swift = await startSwift();
    ends.push(() => swift.remove());
    const s3 = plainClient(swift);
    await s3.createBucket({ Bucket: BUCKET });
    s3.destroy();
    const { day } = await begin({ config: { storage: { ...settingsOf(swift) } } });
    const romeo = await day.user("romeo");
    await day.keep(romeo, "early.bin", 300_000);
    await day.ask(romeo, "send 1 to juliet@example.test", /waits for juliet/);
    const juliet = await day.user("juliet");
    const url = await day.link(juliet, "early.bin");

    const gate = new Gate();
    await day.sendLink(romeo, day.put("under-way.bin", 20_000_000, gate));
    await gate.reached;
    await swift.stop();
    const gone = Date.now();
    gate.open();
    await day.hear(romeo, /^My storage does not answer just now\. I go on with under-way\.bin/);
    const refusal = await fetch(url);
    expect([refusal.status, await refusal.text()]).toEqual([503, expect.stringContaining("My storage does not answer just now")]); // prettier-ignore
    expect(await day.health(({ storage }) => !storage)).toMatchObject({ ok: false, component: true, index: true });
    await day.sendLink(romeo, day.put("late.bin", 1000));
    await day.hear(romeo, /^My storage does not answer just now\. I go on with late\.bin/);
    await day.ask(romeo, "list", /early\.bin/); // what needs no storage goes on
    await delay(Math.max(0, gone + 20_000 - Date.now())); // as long as that, once
    expect(day.told(romeo, /does not answer/)).toHaveLength(2); // each said once

    await swift.start();
    await day.hear(romeo, /I keep under-way\.bin/, 60_000);
    await day.hear(romeo, /I keep late\.bin/);
    expect(await fetched(url)).toBe(day.sumOf("early.bin"));
    await day.hear(romeo, has("early.bin"));
    expect(await fetched(await day.ask(romeo, "get under-way.bin", /^http/))).toBe(day.sumOf("under-way.bin"));
    await day.health(({ ok }) => ok);
  }, 180_000);
});

describe("PostgreSQL", () => {
  test("is restarted: said so, what waits is offered without a new presence, downloads are recorded later", async () => {
    const postgres = await startPostgres();
    ends.push(() => postgres.remove());
    const { day } = await begin({ config: { database: { url: await postgres.createDatabase() } } });
    const romeo = await day.user("romeo");
    await day.keep(romeo, "one.bin", 6_000_000);
    await day.keep(romeo, "two.bin", 1000);
    let juliet = await day.user("juliet");
    await day.ask(romeo, "send 1 to juliet@example.test", /waits for juliet/);
    const url = await day.link(juliet, "one.bin");
    await juliet.stop();
    await day.ask(romeo, "send 2 to juliet@example.test", /waits for juliet/);
    const download = await pausedDownload(url);
    const gate = new Gate();
    await day.sendLink(romeo, day.put("under-way.bin", 3_000_000, gate));
    await gate.reached;

    await postgres.stop();
    await day.ask(romeo, "list", /^My records do not answer just now/);
    await day.sendLink(romeo, day.put("late.bin", 1000));
    await day.hear(romeo, /^My records do not answer just now/);
    expect((await fetch(url)).status).toBe(503);
    expect(await day.health(({ index }) => !index)).toMatchObject({ ok: false, component: true, storage: true });
    gate.open();
    await day.hear(romeo, /^My storage does not answer just now\. I go on with under-way\.bin/);
    const got = await download.finish();
    expect(got).toMatchObject({ whole: true, sha256: day.sumOf("one.bin") });
    juliet = await day.user("juliet");
    await day.restante.process.waitFor(/offers wait for the next chance/);

    await postgres.start();
    await day.link(juliet, "two.bin");
    await day.hear(romeo, has("one.bin"));
    await day.hear(romeo, /I keep under-way\.bin/);
    expect(day.told(juliet, /one\.bin/)).toEqual([]);
    await day.health(({ ok }) => ok);
    await day.ask(romeo, "list", /3 files/);
    expect(day.told(romeo, has("one.bin"))).toHaveLength(1);
  }, 120_000);
});

describe("SQLite", () => {
  test("is locked by another process: said so, nothing lost, goes on by itself", async () => {
    const { day } = await begin();
    const romeo = await day.user("romeo");
    await day.keep(romeo, "one.bin", 1000);
    const gate = new Gate();
    await day.sendLink(romeo, day.put("under-way.bin", 3_000_000, gate));
    await gate.reached;
    const juliet = await day.user("juliet");

    const other = new Database(join(day.restante.folder, "restante.db"));
    try {
      other.exec("begin exclusive");
      gate.open();
      await day.ask(romeo, "send 1 to juliet@example.test", /^My records do not answer just now/);
      await day.ask(romeo, "list", /one\.bin/); // reading goes on
      await day.hear(romeo, /^My storage does not answer just now\. I go on with under-way\.bin/);
    } finally {
      other.close();
    }
    await day.hear(romeo, /I keep under-way\.bin/);
    await day.ask(romeo, "send 1 to juliet@example.test", /waits for juliet/);
    expect(await fetched(await day.link(juliet, "one.bin"))).toBe(day.sumOf("one.bin"));
    await day.hear(romeo, has("one.bin"));
  }, 120_000);
});

describe("a full disk", () => {
  test("under the blobs: plain words, the rest goes on, and so do files when there is room", async () => {
    const disk = await smallDisk(8_000_000);
    ends.push(() => disk.remove());
    const { day } = await begin({ config: { storage: { url: `file:${join(disk.path, "blobs")}` } } });
    const romeo = await day.user("romeo");
    await day.keep(romeo, "one.bin", 1_000_000);
    await writeFile(join(disk.path, "ballast"), Buffer.alloc(5_000_000));

    await day.sendLink(romeo, day.put("large.bin", 4_000_000));
    expect(await day.hear(romeo, /large\.bin was not kept/)).toMatch(/My storage is full, so I could not keep large\.bin\. The operator has been told\. What I already keep is safe/); // prettier-ignore
    await day.restante.process.waitFor(/"level":50,.*there is no room for an intake/);
    await day.ask(romeo, "send 1 to juliet@example.test", /waits for juliet/);
    const juliet = await day.user("juliet");
    expect(await fetched(await day.link(juliet, "one.bin"))).toBe(day.sumOf("one.bin"));
    await day.hear(romeo, has("one.bin"));

    await rm(join(disk.path, "ballast"));
    await day.keep(romeo, "again.bin", 4_000_000);
    expect(await fetched(await day.ask(romeo, "get again.bin", /^http/))).toBe(day.sumOf("again.bin"));
  }, 90_000);

  test("under the records: plain words, links go on and are recorded when there is room", async () => {
    const disk = await smallDisk(4_000_000);
    ends.push(() => disk.remove());
    const { day } = await begin({ config: { database: { url: `sqlite:${join(disk.path, "restante.db")}` } } });
    const romeo = await day.user("romeo");
    await day.keep(romeo, "one.bin", 500_000);
    await day.ask(romeo, "send 1 to juliet@example.test", /waits for juliet/);
    const juliet = await day.user("juliet");
    const url = await day.link(juliet, "one.bin");
    await day.hear(romeo, /^one\.bin \(number 1\) has been offered/); // a link is good when its offer is on record

    const ballast = join(disk.path, "ballast");
    await writeFile(ballast, Buffer.alloc(4_000_000)).catch(() => undefined); // as much as goes
    let answer = "";
    for (let n = 0; n < 500 && !/full/.test(answer); n++)
      answer = await day.ask(romeo, `block x${n}@example.test`, /./);
    expect(answer).toMatch(/^My storage is full, so I could not keep this/);
    await day.sendLink(romeo, day.put("late.bin", 1000));
    await day.hear(romeo, /^My storage is full/);
    await day.ask(romeo, "list", /one\.bin/);
    expect(await fetched(url)).toBe(day.sumOf("one.bin"));
    await day.restante.process.waitFor(/what has happened waits to be recorded/);
    expect(day.told(romeo, has("one.bin"))).toEqual([]);

    await rm(ballast);
    await day.hear(romeo, has("one.bin"));
    await day.keep(romeo, "again.bin", 1000);
  }, 120_000);
});

describe("SIGTERM", () => {
  test("during an intake and two downloads: ends in time, and goes on at the next start", async () => {
    const { day } = await begin();
    const romeo = await day.user("romeo");
    const juliet = await day.user("juliet");
    await day.keep(romeo, "read.bin", 12_000_000);
    await day.keep(romeo, "left.bin", 12_000_000);
    await day.ask(romeo, "send 1 to juliet@example.test", /waits for juliet/);
    await day.ask(romeo, "send 2 to juliet@example.test", /waits for juliet/);
    const read = await pausedDownload(await day.link(juliet, "read.bin"));
    const leftUrl = await day.link(juliet, "left.bin");
    const left = await pausedDownload(leftUrl);
    const gate = new Gate();
    await day.sendLink(romeo, day.put("under-way.bin", 3_000_000, gate));
    await gate.reached;

    const { process } = day.restante;
    process.signal("SIGTERM");
    await process.waitFor(/"msg":"stopping"/);
    expect(await read.finish()).toMatchObject({ whole: true, sha256: day.sumOf("read.bin") }); // who reads may finish
    expect(await process.exit).toBe(0);
    const part = await left.finish();
    expect(part.whole).toBe(false); // who does not is cut
    expect(process.lines.filter((line) => /"level":[56]0/.test(line))).toEqual([]);

    gate.open();
    await day.restante.start();
    await day.hear(romeo, /I keep under-way\.bin/);
    await day.hear(romeo, has("read.bin"));
    expect(day.told(romeo, has("left.bin"))).toEqual([]);
    const rest = await (await pausedDownload(leftUrl, part.bytes)).finish();
    expect(sha256(Buffer.concat([part.rest, rest.rest]))).toBe(day.sumOf("left.bin"));
    await day.hear(romeo, has("left.bin"));
  }, 90_000);
});
