/**
 * Two processes over one PostgreSQL and one store; Prosody lets in one of them at a time, and the other stands by with its web server open.
 * What the one had in hand when it was killed, the other brings to its end.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openAudit } from "../harness/audit.js";
import { BadDay, Gate } from "../harness/bad-day.js";
import { pausedDownload } from "../harness/paused-download.js";
import { sha256 } from "../harness/post-office.js";
import { startPostgres, type Postgres } from "../harness/postgres.js";
import { startProsody, type Prosody } from "../harness/prosody.js";
import { startRestante, type Restante } from "../harness/restante.js";
import { tempFolder, type TempFolder } from "../harness/tmp.js";

let server: Prosody;
let postgres: Postgres;
let store: TempFolder;
let day: BadDay;
let second: Restante;
beforeAll(async () => {
  [server, postgres, store] = await Promise.all([startProsody(), startPostgres(), tempFolder("restante-store")]);
  const config = { database: { url: await postgres.createDatabase() }, storage: { url: `file:${store.path}` } };
  day = await BadDay.begin(server, { config });
  second = await startRestante(server, { config, started: STANDS_BY });
}, 120_000);
afterAll(async () => {
  await second?.remove();
  await day?.end();
  await store?.remove();
  await postgres?.remove();
  await server?.remove();
});

/** Prosody says that somebody else is there. */
const STANDS_BY = /"why":"conflict/;

test("an intake and a download outlive the process that had them", async () => {
  const [romeo, juliet] = [await day.user("romeo"), await day.user("juliet")];
  const gate = new Gate();
  await day.sendLink(romeo, day.put("letter.bin", 12_000_000, gate));
  await gate.reached;
  await day.restante.kill();
  gate.open();
  await day.hear(romeo, /I keep letter\.bin .* as number 1,/, 60_000);
  await day.restante.start(STANDS_BY);

  await day.ask(romeo, "send 1 to juliet@example.test", /waits for juliet/);
  const url = await day.link(juliet, "letter.bin");
  expect(url).toContain(second.webUrl);
  const download = await pausedDownload(url);
  await second.kill();
  const part = await download.finish();
  expect(part.whole).toBe(false);
  const rest = await (await pausedDownload(url.replace(second.webUrl, day.restante.webUrl), part.bytes)).finish();
  expect(sha256(Buffer.concat([part.rest, rest.rest]))).toBe(day.sumOf("letter.bin"));
  await day.hear(romeo, /^juliet@example\.test has letter\.bin /, 60_000);
  // Whoever was to say something again would have done so before these answers.
  for (const user of [romeo, juliet]) await day.ask(user, "help", /send/);
  expect(day.told(romeo, /^I keep letter|has letter/)).toHaveLength(2);
  expect(day.told(juliet, /letter\.bin$/)).toHaveLength(1);
  await day.restante.stop();
  const audit = await openAudit(day.restante.configFile);
  try {
    const { stored, known } = await audit.keys();
    expect(stored).toEqual(known);
    const [file, ...more] = await audit.files(romeo.bare);
    expect(more).toEqual([]);
    expect(await audit.stored(file!)).toBe(day.sumOf("letter.bin"));
    const [parcel, ...others] = await audit.parcels(file!);
    expect(others).toEqual([]);
    const events = parcel!.history.map(({ event }) => event);
    expect(events.filter((event) => event === "offer" || event === "complete")).toEqual(["offer", "complete"]);
  } finally {
    await audit.close();
  }
}, 180_000);
