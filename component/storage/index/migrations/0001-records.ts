/**
 * The first tables. Indexes on parcels are partial where they can be: what has ended must not slow down what is open.
 * A query that shall use one repeats its condition word by word (SQLite proves no more than that).
 */
import { sql, type Kysely, type Migration } from "kysely";
import { TALLIED } from "../schema.js";
import type { Dialect } from "../engine.js";
import { LANES } from "../tallies.js";

type Anything = Kysely<unknown>;

export function records(dialect: Dialect): Migration {
  // Addresses are compared and ordered by their bytes, whatever the language of the database.
  const text = dialect === "postgres" ? sql`text collate "C"` : "text";

  return {
    async up(db: Anything) {
      await db.schema
        .createTable("contacts")
        .addColumn("jid", text, (c) => c.primaryKey().notNull())
        .addColumn("standing", "text", (c) => c.notNull())
        .addColumn("followed", "integer", (c) => c.notNull())
        .addColumn("follows", "integer", (c) => c.notNull())
        .addColumn("since", "bigint", (c) => c.notNull())
        .addColumn("next_number", "bigint", (c) => c.notNull())
        .addColumn("held_bytes", "bigint", (c) => c.notNull())
        .addColumn("held_files", "bigint", (c) => c.notNull())
        .execute();
      await sql`create index contacts_followed on contacts (jid) where followed = 1`.execute(db);
      await sql`create index contacts_follows on contacts (jid) where follows = 1`.execute(db);

      await db.schema
        .createTable("blocks")
        .addColumn("owner", text, (c) => c.notNull())
        .addColumn("blocked_key", text, (c) => c.notNull())
        .addColumn("blocked", text, (c) => c.notNull())
        .addPrimaryKeyConstraint("blocks_pkey", ["owner", "blocked_key"])
        .execute();

      await db.schema
        .createTable("blobs")
        .addColumn("sha256", text, (c) => c.primaryKey().notNull())
        .addColumn("key", text, (c) => c.notNull().unique())
        .addColumn("size", "bigint", (c) => c.notNull())
        .addColumn("refs", "bigint", (c) => c.notNull())
        .execute();
      await db.schema
        .createTable("doomed")
        .addColumn("key", text, (c) => c.primaryKey().notNull())
        .addColumn("since", "bigint", (c) => c.notNull())
        .execute();

      await db.schema
        .createTable("files")
        .addColumn("id", text, (c) => c.primaryKey().notNull())
        .addColumn("owner", text, (c) => c.notNull())
        .addColumn("number", "bigint", (c) => c.notNull())
        .addColumn("name", "text", (c) => c.notNull())
        .addColumn("name_key", text, (c) => c.notNull())
        .addColumn("size", "bigint", (c) => c.notNull())
        .addColumn("media_type", "text", (c) => c.notNull())
        .addColumn("sha256", text, (c) => c.notNull().references("blobs.sha256"))
        .addColumn("since", "bigint", (c) => c.notNull())
        .addColumn("until", "bigint", (c) => c.notNull())
        .addUniqueConstraint("files_number", ["owner", "number"])
        .execute();
      await sql`create index files_name on files (owner, name_key, number)`.execute(db);
      await sql`create index files_blob on files (sha256)`.execute(db);
      await sql`create index files_until on files (until)`.execute(db);

      await db.schema
        .createTable("intakes")
        .addColumn("id", text, (c) => c.primaryKey().notNull())
        .addColumn("owner", text, (c) => c.notNull())
        .addColumn("method", "text", (c) => c.notNull())
        .addColumn("source", "text", (c) => c.notNull())
        .addColumn("name", "text", (c) => c.notNull())
        .addColumn("blob_key", text, (c) => c.notNull().unique())
        .addColumn("since", "bigint", (c) => c.notNull())
        .addColumn("holder", text, (c) => c.notNull())
        .execute();

      await db.schema
        .createTable("parcels")
        .addColumn("id", text, (c) => c.primaryKey().notNull())
        .addColumn("file_id", text, (c) => c.notNull())
        .addColumn("sender", text, (c) => c.notNull())
        .addColumn("recipient", text, (c) => c.notNull())
        .addColumn("sender_number", "bigint", (c) => c.notNull())
        .addColumn("number", "bigint", (c) => c.notNull())
        .addColumn("name", "text", (c) => c.notNull())
        .addColumn("name_key", text, (c) => c.notNull())
        .addColumn("size", "bigint", (c) => c.notNull())
        .addColumn("media_type", "text", (c) => c.notNull())
        .addColumn("sha256", "text", (c) => c.notNull())
        .addColumn("state", text, (c) => c.notNull())
        .addColumn("method", "text", (c) => c.notNull())
        .addColumn("tries", "bigint", (c) => c.notNull())
        .addColumn("version", "bigint", (c) => c.notNull())
        .addColumn("since", "bigint", (c) => c.notNull())
        .addColumn("changed", "bigint", (c) => c.notNull())
        .addColumn("until", "bigint", (c) => c.notNull())
        .addColumn("holder", text)
        .addUniqueConstraint("parcels_number", ["recipient", "number"])
        .execute();
      await sql`create index parcels_waiting on parcels (recipient, number) where state = 'waiting'`.execute(db);
      await sql`create index parcels_open on parcels (recipient, number) where state in ('waiting', 'offered', 'moving')`.execute(db); // prettier-ignore
      await sql`create index parcels_until on parcels (until) where state in ('waiting', 'offered', 'moving')`.execute(db); // prettier-ignore
      await sql`create index parcels_held on parcels (holder) where holder is not null`.execute(db);
      await sql`create index parcels_name on parcels (recipient, name_key, number)`.execute(db);
      await sql`create index parcels_sent on parcels (sender, since)`.execute(db);
      await sql`create index parcels_file on parcels (file_id)`.execute(db);

      await db.schema
        .createTable("history")
        .addColumn("parcel_id", text, (c) => c.notNull().references("parcels.id"))
        .addColumn("seq", "bigint", (c) => c.notNull())
        .addColumn("at", "bigint", (c) => c.notNull())
        .addColumn("from_state", "text", (c) => c.notNull())
        .addColumn("to_state", "text", (c) => c.notNull())
        .addColumn("event", "text", (c) => c.notNull())
        .addColumn("detail", "text", (c) => c.notNull())
        .addPrimaryKeyConstraint("history_pkey", ["parcel_id", "seq"])
        .execute();

      await db.schema
        .createTable("links")
        .addColumn("hash", text, (c) => c.primaryKey().notNull())
        .addColumn("file_id", text, (c) => c.notNull())
        .addColumn("parcel_id", text)
        .addColumn("since", "bigint", (c) => c.notNull())
        .addColumn("until", "bigint", (c) => c.notNull())
        .addColumn("served", "text", (c) => c.notNull())
        .execute();
      await sql`create index links_file on links (file_id)`.execute(db);
      await sql`create index links_parcel on links (parcel_id) where parcel_id is not null`.execute(db);

      await db.schema
        .createTable("notices")
        .addColumn("seq", dialect === "postgres" ? "bigserial" : "integer", (c) =>
          dialect === "postgres" ? c.primaryKey() : c.primaryKey().autoIncrement(),
        )
        .addColumn("id", text, (c) => c.notNull().unique())
        .addColumn("to_jid", text, (c) => c.notNull())
        .addColumn("kind", "text", (c) => c.notNull())
        .addColumn("details", "text", (c) => c.notNull())
        .addColumn("since", "bigint", (c) => c.notNull())
        .execute();
      await sql`create index notices_to on notices (to_jid, seq)`.execute(db);

      await db.schema
        .createTable("processes")
        .addColumn("id", text, (c) => c.primaryKey().notNull())
        .addColumn("role", "text", (c) => c.notNull())
        .addColumn("host", "text", (c) => c.notNull())
        .addColumn("pid", "bigint", (c) => c.notNull())
        .addColumn("born", "text", (c) => c.notNull())
        .addColumn("beat", "bigint", (c) => c.notNull())
        .execute();

      let tallies = db.schema.createTable("tallies").addColumn("lane", "integer", (c) => c.primaryKey().notNull());
      for (const column of TALLIED) tallies = tallies.addColumn(column, "bigint", (c) => c.notNull().defaultTo(0));
      await tallies.execute();
      for (let lane = 0; lane < LANES; lane++) await sql`insert into tallies (lane) values (${lane})`.execute(db);
    },
  };
}
