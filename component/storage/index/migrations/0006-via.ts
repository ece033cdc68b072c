/** The address of ours that a file was sent to, where it stands in for a person: its sender is told there what becomes of it. */
import { sql, type Kysely, type Migration } from "kysely";

export const via: Migration = {
  async up(db: Kysely<unknown>) {
    for (const table of ["intakes", "parcels"])
      await sql`alter table ${sql.table(table)} add column via text not null default ''`.execute(db);
  },
};
