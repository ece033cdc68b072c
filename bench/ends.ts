/**
 * Presence → offer while files end: 100,000 whose time is up, each with a parcel that nobody has fetched, are swept while people log in one by one;
 * beside it the same log-ins with nothing to sweep. On ejabberd, SQLite. Rounds follow each other by the second here, where they do by the minute as configured
 * from the start: so there is one all the time.
 *
 *     npm run build && node --import ./test/harness/typescript.mjs bench/ends.ts [--files 100000] [--log-ins 200]
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import Database from "libsql";
import { systemClock } from "../component/lib/clock.js";
import { randomId } from "../component/lib/ids.js";
import { bare } from "../component/lib/jid.js";
import { createLog } from "../component/lib/log.js";
import { openIndex } from "../component/storage/index/open.js";
import { startEjabberd } from "../test/harness/ejabberd.js";
import { startRestante } from "../test/harness/restante.js";
import { RawClient } from "./raw-client.js";

const { values } = parseArgs({ options: { files: { type: "string", default: "100000" }, "log-ins": { type: "string", default: "200" } } }); // prettier-ignore
const FILES = Number(values.files);
const LOG_INS = Number(values["log-ins"]);
const WARM_UP = 50;
const OFFER = "jabber:x:oob";

const server = await startEjabberd();
const restante = await startRestante(server, { config: { log: { level: "warn" }, limits: { remind: "10 seconds" } } });
const path = `${restante.folder}/restante.db`;
const users = Array.from({ length: WARM_UP + LOG_INS }, (_, i) => `contact${i}`);
for (const user of users) {
  await server.addUser(user);
  const client = new RawClient(server, user);
  await client.logIn();
  await client.until(`<presence/><presence to='bot@${server.component}' type='subscribe'/>`, "type='subscribe'");
  const bot = `bot@${server.component}`;
  await client.until(`<presence to='${bot}' type='subscribed'/><message to='${bot}' type='chat'><body>block</body></message>`, "You block"); // prettier-ignore
  client.close();
}
await restante.stop();

/** Each of them is to be offered one file. */
async function prepare(): Promise<void> {
  const index = openIndex(`sqlite:${path}`, { log: createLog("silent"), clock: systemClock, role: "tool" });
  await index.start();
  const now = Date.now();
  const owner = bare(`romeo@${server.domain}`);
  await index.setContact(owner, { standing: "met", followed: true }, now); // and away
  const intake = { id: randomId(), owner, method: "link", source: "", name: "photo.jpg", blobKey: randomId(), since: now }; // prettier-ignore
  await index.beginIntake(intake);
  const facts = { name: "photo.jpg", mediaType: "image/jpeg", until: now + 30 * 864e5 };
  const file = await index.keep(intake, { sha256: "ff".repeat(32), size: 1000 }, facts, 1e12, () => []);
  for (const user of users) {
    const jid = bare(`${user}@${server.domain}`);
    await index.setContact(jid, { standing: "met" }, now);
    await index.createParcel(file, jid, now, facts.until);
  }
  await index.stop();
}

/** Straight into the tables: what a month of forgotten letters leaves behind. */
function fill(): void {
  const db = new Database(path);
  const now = Date.now();
  const many = `with recursive many (n) as (select 1 union all select n + 1 from many where n < ${FILES})`;
  const them = `'paris@' || n || '.example'`;
  db.exec("begin");
  db.exec(`${many} insert into blobs (sha256, key, size, refs) select printf('%064x', n), 'key' || n, 1000, 1 from many`); // prettier-ignore
  db.exec(`${many} insert into files (id, owner, number, name, name_key, size, media_type, sha256, since, until)
    select 'f' || n, 'romeo@${server.domain}', 1000 + n, 'a.jpg', 'k', 1000, 'image/jpeg', printf('%064x', n), ${now - 30 * 864e5}, ${now - 1000} from many`); // prettier-ignore
  db.exec(`${many} insert into parcels (id, file_id, sender, recipient, sender_number, number, name, name_key, size, media_type, sha256, state, method, tries, version, since, changed, until)
    select 'p' || n, 'f' || n, 'romeo@${server.domain}', ${them}, 1000 + n, 1, 'a.jpg', 'k', 1000, 'image/jpeg', printf('%064x', n), 'waiting', '', 0, 1, ${now - 30 * 864e5}, ${now - 30 * 864e5}, ${now - 1000} from many`); // prettier-ignore
  db.exec(`update contacts set held_bytes = held_bytes + ${FILES * 1000}, held_files = held_files + ${FILES} where jid = 'romeo@${server.domain}'`); // prettier-ignore
  db.exec("commit");
  db.close();
}

const left = (): { parcels: number; files: number } => {
  const db = new Database(path);
  const count = (sql: string): number => (db.prepare(sql).all([])[0] as { n: number }).n;
  const parcels = count("select count(*) as n from parcels where state = 'waiting' and id like 'p%' and file_id like 'f%'"); // prettier-ignore
  const files = count("select count(*) as n from files where id like 'f%' and length(id) < 10");
  db.close();
  return { parcels, files };
};

async function logIns(): Promise<number[]> {
  const took: number[] = [];
  for (const user of users) {
    const client = new RawClient(server, user);
    await client.logIn();
    const began = performance.now();
    await client.until("<presence/>", OFFER);
    took.push(performance.now() - began);
    client.close();
  }
  return took.slice(WARM_UP).sort((a, b) => a - b);
}

const show = (what: string, took: readonly number[]): void => {
  const at = (q: number): string => took[Math.min(took.length - 1, Math.floor(took.length * q))]!.toFixed(2);
  console.log(`${what}: presence → offer p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
};

await prepare();
await restante.start();
show("nothing to sweep", await logIns());
await restante.stop();
await prepare();
fill();
await restante.start();
const began = performance.now();
const took = await logIns();
const seconds = (performance.now() - began) / 1000;
show(`${FILES} files that have ended, each with a parcel`, took);
const { parcels, files } = left();
console.log(`in these ${seconds.toFixed(0)} s ${FILES - parcels} parcels and ${FILES - files} files were brought to their ends`); // prettier-ignore
await restante.remove();
await server.remove();
process.exit(0);
