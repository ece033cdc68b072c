/**
 * The index at 10⁴, 10⁵ and 10⁶ waiting parcels: what a log-in costs (this recipient's parcels), what a step costs, how long the start takes.
 *
 *     node --import ./test/harness/typescript.mjs bench/index.ts [sqlite] [postgres]
 */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import pg from "pg";
import { systemClock } from "../component/lib/clock.js";
import { bare, type BareJid } from "../component/lib/jid.js";
import { createLog } from "../component/lib/log.js";
import type { Index } from "../component/control/ports.js";
import { openIndex } from "../component/storage/index/open.js";
import { startPostgres } from "../test/harness/postgres.js";
import { tempFolder } from "../test/harness/tmp.js";
import { EACH, fill, fillSqlite } from "./waiting-parcels.js";

const SIZES = [1e4, 1e5, 1e6];
const QUERIES = 5_000;
const STEPS = 1_000;

const open = (url: string): Index =>
  openIndex(url, { log: createLog("silent"), clock: systemClock, role: "server", patience: 60_000 });
const recipient = (size: number): BareJid => bare(`r${Math.floor((Math.random() * size) / EACH) * EACH}@example.org`);

async function times(count: number, work: () => Promise<unknown>): Promise<string> {
  const took: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await work();
    took.push(performance.now() - start);
  }
  took.sort((a, b) => a - b);
  const at = (q: number): string => took[Math.floor(q * count)]!.toFixed(3).padStart(7);
  return `p50 ${at(0.5)}  p99 ${at(0.99)} ms`;
}

async function measure(name: string, url: string, insert: (from: number, to: number) => Promise<void>): Promise<void> {
  let filled = 0;
  for (const size of SIZES) {
    let index = open(url);
    await index.start();
    await index.stop();
    await insert(filled, size);
    filled = size;
    const start = performance.now();
    index = open(url);
    await index.start();
    const started = performance.now() - start;
    const line = async (what: string, figures: Promise<string>): Promise<void> =>
      console.log(
        `${name.padEnd(10)} ${size.toExponential(0).padStart(5)} waiting  ${what.padEnd(26)} ${await figures}`,
      );
    await line("start", Promise.resolve(`${started.toFixed(0)} ms`));
    await index.waitingFor(recipient(size), 0, 50); // opens a connection
    await line(
      "waitingFor",
      times(QUERIES, () => index.waitingFor(recipient(size), 0, 50)),
    );
    await line("step to offered", times(STEPS, async () => {
      const [parcel] = await index.waitingFor(recipient(size), 0, 1);
      if (parcel) await index.step({ parcel, to: "offered", event: "offer", detail: "link", at: 1, notices: [], endLinks: false, hold: true }); // prettier-ignore
    })); // prettier-ignore
    await line("step to delivered", times(STEPS, async () => {
      const [parcel] = await index.openFor(recipient(size), undefined, 1);
      if (parcel) await index.step({ parcel, to: "delivered", event: "complete", detail: "", at: 1, notices: [], endLinks: true, hold: false }); // prettier-ignore
    })); // prettier-ignore
    await line(
      "totals",
      times(200, () => index.totals()),
    );
    await line(
      "contacts awaited (100)",
      times(200, () => index.contacts(recipient(size), 100, "awaited")),
    );
    await index.stop();
  }
}

const chosen = process.argv.slice(2);
if (chosen.length === 0 || chosen.includes("sqlite")) {
  const folder = await tempFolder("restante-bench");
  const path = join(folder.path, "restante.db");
  await measure("SQLite", `sqlite:${path}`, async (from, to) => {
    fillSqlite(path, from, to);
  });
  await folder.remove();
}
if (chosen.length === 0 || chosen.includes("postgres")) {
  const server = await startPostgres();
  const url = await server.createDatabase();
  await measure("PostgreSQL", url, async (from, to) => {
    const client = new pg.Client(url);
    await client.connect();
    for (const sql of fill(`generate_series(${from}, ${to - 1}) n(i)`)) await client.query(sql);
    await client.query("vacuum analyze");
    await client.end();
  });
  await server.remove();
}
