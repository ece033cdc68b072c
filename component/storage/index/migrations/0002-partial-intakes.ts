/** Intakes that are cut and gone on with later: what was announced of them, whom they are for, and what is there. */
import { sql, type Kysely, type Migration } from "kysely";
import type { Dialect } from "../engine.js";

export function partialIntakes(dialect: Dialect): Migration {
  const text = dialect === "postgres" ? sql`text collate "C"` : sql`text`;
  return {
    async up(db: Kysely<unknown>) {
      const columns = [
        sql`size bigint`,
        sql`sha256 ${text}`,
        sql`recipients ${text} not null default '[]'`,
        sql`held bigint not null default 0`,
        sql`until bigint`,
      ];
      // SQLite adds one column at a time.
      for (const column of columns) await sql`alter table intakes add column ${column}`.execute(db);
      await sql`create index intakes_cut on intakes (owner, since) where until is not null`.execute(db);
      await sql`create index intakes_until on intakes (until) where until is not null`.execute(db);
    },
  };
}
