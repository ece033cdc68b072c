/** What is over is struck out in the end: found by when its time was up. */
import { sql, type Kysely, type Migration } from "kysely";

export const forgetting: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`create index parcels_over on parcels (until) where state not in ('waiting', 'offered', 'moving')`.execute(db); // prettier-ignore
  },
};
