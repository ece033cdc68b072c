/** Waiting parcels by the hundred thousand, as the index would have made them. */
import Database from "libsql";

/** Parcels of one recipient. */
export const EACH = 10;

/** Rows `from` ≤ i < `to`, in SQL that both databases read, given a table `n(i)`. */
export const fill = (n: string): string[] => [
  `insert into contacts (jid, standing, followed, follows, since, next_number, held_bytes, held_files)
     select 'r' || i || '@example.org', 'met', 1, 1, 0, ${EACH + 1}, 0, 0 from ${n} where i % ${EACH} = 0`,
  `insert into parcels (id, file_id, sender, recipient, sender_number, number, name, name_key, size, media_type, sha256, state, method, tries,
       version, since, changed, until, holder)
     select 'p' || i, 'f' || i, 's' || (i % 1000) || '@example.org', 'r' || (i - i % ${EACH}) || '@example.org', 1, i % ${EACH} + 1,
     'photo ' || i || '.jpg', 'k' || i, 1000, 'image/jpeg', 'h' || i, 'waiting', '', 0, 1, 1800000000000 + i, 1800000000000 + i, 1900000000000 + i, null from ${n}`,
  `insert into history select 'p' || i, 1, 0, '', 'waiting', 'create', '' from ${n}`,
];

/** The same straight into a SQLite file whose tables are there. */
export function fillSqlite(path: string, from: number, to: number): void {
  const file = new Database(path);
  file.exec("pragma synchronous = off");
  for (const sql of fill(
    `(with recursive n(i) as (select ${from} union all select i + 1 from n where i + 1 < ${to}) select i from n)`,
  ))
    file.exec(sql);
  file.exec("pragma wal_checkpoint(truncate)");
  file.close();
}
