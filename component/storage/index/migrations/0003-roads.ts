/** Marks, ends that know of delivery, groups, pictures, rights to upload, summaries, complaints, languages. */
import { sql, type Kysely, type Migration } from "kysely";
import type { Dialect } from "../engine.js";

export function roads(dialect: Dialect): Migration {
  const text = dialect === "postgres" ? sql`text collate "C"` : sql`text`;
  const bytes = dialect === "postgres" ? sql`bytea` : sql`blob`;

  async function add(db: Kysely<unknown>, table: string, ...columns: string[]): Promise<void> {
    // SQLite adds one column at a time.
    for (const column of columns) {
      const [name = "", ...type] = column.split(" ");
      await sql`alter table ${sql.table(table)} add column ${sql.ref(name)} ${sql.raw(type.join(" "))}`.execute(db);
    }
  }

  return {
    async up(db: Kysely<unknown>) {
      await add(db, "contacts", "language text not null default ''");

      // `reminded`: nobody is reminded twice. `ripe`: since somebody last looked, a parcel of it has ended.
      await add(
        db,
        "files",
        "mark text not null default ''",
        "once integer not null default 0",
        "sealed text not null default ''",
        "reminded integer not null default 0",
        "ripe integer not null default 0",
      );
      await sql`create index files_unreminded on files (until) where reminded = 0`.execute(db);
      await sql`create index files_reminded on files (owner, until) where reminded = 1`.execute(db);
      await sql`create index files_ripe on files (since) where once = 1 and ripe = 1`.execute(db);
      await sql`create index files_marked on files (mark, since, id) where mark <> ''`.execute(db);

      await add(db, "parcels", "mark text not null default ''", "summary text not null default ''");
      await sql`create index parcels_summary on parcels (summary, recipient) where summary <> ''`.execute(db);
      // What is held is as if it were not there for those who ask at every presence.
      await sql`drop index parcels_waiting`.execute(db);
      await sql`create index parcels_waiting on parcels (recipient, number) where state = 'waiting' and mark <> 'held'`.execute(db); // prettier-ignore

      await sql`create table ${sql.table("groups")} (
        owner ${text} not null, name_key ${text} not null, name ${text} not null, primary key (owner, name_key))`.execute(db); // prettier-ignore
      await sql`create table members (
        owner ${text} not null, name_key ${text} not null, jid ${text} not null, primary key (owner, name_key, jid))`.execute(db); // prettier-ignore

      await sql`create table pictures (
        sha256 ${text} not null primary key references blobs (sha256) on delete cascade,
        width bigint not null, height bigint not null,
        media_type text, thumb_width bigint, thumb_height bigint, thumbnail ${bytes})`.execute(db);

      await sql`create table upload_rights (
        hash ${text} not null primary key, owner ${text} not null, kind text not null, name text not null, size bigint not null,
        media_type text not null, link text not null, purpose text not null, recipients text not null,
        since bigint not null, until bigint not null, file_id text not null)`.execute(db);
      await sql`create index upload_rights_unused on upload_rights (owner, until) where file_id = ''`.execute(db);
      await sql`create index upload_rights_until on upload_rights (until)`.execute(db);

      await sql`create table summaries (
        id ${text} not null primary key, file_id text not null, owner text not null, message text not null,
        since bigint not null)`.execute(db);

      await sql`create table reports (
        id ${text} not null primary key, by_jid text not null, about text not null, reason text not null, body text not null,
        since bigint not null)`.execute(db);
      await sql`create index reports_since on reports (since, id)`.execute(db);
    },
  };
}
