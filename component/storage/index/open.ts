/** The Index on SQLite or PostgreSQL, put together from its parts. */
import { Migrator, sql } from "kysely";
import type { Index } from "../../control/ports.js";
import { blobs } from "./blobs.js";
import { contacts } from "./contacts.js";
import type { Engine } from "./engine.js";
import { ends } from "./ends.js";
import { files } from "./files.js";
import { forgetting } from "./forgetting.js";
import { groups } from "./groups.js";
import { intakes } from "./intakes.js";
import { copies } from "./copies.js";
import { links } from "./links.js";
import { migrations } from "./migrations/index.js";
import { notices } from "./notices.js";
import { parcels } from "./parcels.js";
import { PostgresEngine } from "./postgres.js";
import { enter, leave, processes } from "./processes.js";
import { pictures } from "./pictures.js";
import { Records, type RecordsOptions } from "./records.js";
import { reports } from "./reports.js";
import { SqliteEngine } from "./sqlite.js";
import { standIns } from "./stand-ins.js";
import { steps } from "./steps.js";
import { summaries } from "./summaries.js";
import { totals } from "./tallies.js";
import { uploadRights } from "./upload-rights.js";

export { InUse } from "./engine.js";
export type IndexOptions = Omit<RecordsOptions, "patience"> & Partial<Pick<RecordsOptions, "patience">>;

/**
 * The index behind a `[database] url`. Nothing happens before `start`, which rejects with {@link InUse} when another
 * server has the same SQLite file, and with Refusal "index-down" when the database cannot be reached.
 * `role` "tool" is for short-lived commands: it may come beside a server.
 */
export function openIndex(url: string, options: IndexOptions): Index {
  const settings = { patience: 5_000, ...options };
  const engine = url.startsWith("sqlite:")
    ? new SqliteEngine(url.slice("sqlite:".length))
    : new PostgresEngine(url, settings);
  const records = new Records(engine, settings);
  return {
    ...life(records, engine),
    ...contacts(records),
    ...intakes(records),
    ...files(records),
    ...copies(records),
    ...ends(records),
    ...pictures(records),
    ...groups(records),
    ...reports(records),
    ...standIns(records),
    ...summaries(records),
    ...uploadRights(records),
    ...parcels(records),
    ...steps(records),
    ...forgetting(records),
    ...links(records),
    ...notices(records),
    ...blobs(records),
    ...processes(records),
    ...totals(records),
  };
}

function life(records: Records, engine: Engine): Pick<Index, "start" | "stop" | "check"> {
  const { role, log } = records.options;
  return {
    async start() {
      try {
        await records.open();
        const alone = role === "server" && engine.serveAlone();
        await migrate(records, engine);
        await enter(records, alone);
        if (role === "server") engine.hear((nudge) => records.heard(nudge));
        log.info({ database: engine.name }, "the index is open");
      } catch (error) {
        await records.close();
        throw error;
      }
    },
    async stop() {
      // Without it, others see soon enough that this process is gone.
      await leave(records).catch((err: unknown) => log.warn({ err }, "could not sign off from the index"));
      await records.close();
    },
    async check() {
      await records.write(true, async ({ db }) => {
        await sql`update tallies set files = files where lane = 0`.execute(db);
      });
    },
  };
}

async function migrate(records: Records, engine: Engine): Promise<void> {
  const provider = { getMigrations: async () => migrations(engine.dialect) };
  await records.read(async (db) => {
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined) throw error as Error;
  });
}
