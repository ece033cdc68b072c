/** A file coming into being: by an intake that is kept, or as the copy of another. */
import type { FreshFile, KeptFile } from "../../control/ports.js";
import type { BareJid } from "../../lib/jid.js";
import { keepable, nameKey } from "./names.js";
import type { Transaction } from "./records.js";
import { toFile } from "./rows.js";
import type { FileRow } from "./schema.js";
import { insertSummary } from "./summaries.js";
import { statement } from "./statement.js";
import { insertParcel } from "./steps.js";

const insert = statement<Omit<FileRow, "reminded" | "ripe">, FileRow>((db, v) =>
  db
    .insertInto("files")
    .values({
      id: v.id,
      owner: v.owner,
      number: v.number,
      name: v.name,
      name_key: v.name_key,
      size: v.size,
      media_type: v.media_type,
      sha256: v.sha256,
      since: v.since,
      until: v.until,
      mark: v.mark,
      once: v.once,
      sealed: v.sealed,
      reminded: 0,
      ripe: 0,
    })
    .returningAll(),
);

/** Puts a file down as part of a transaction that has counted it, with a parcel for each recipient; tallies nothing. */
export async function insertFile(
  transaction: Transaction,
  {
    id,
    owner,
    number,
    sha256,
    size,
    since,
  }: Pick<FileRow, "id" | "number" | "sha256" | "size" | "since"> & { owner: BareJid },
  { name, mediaType, until, mark = "", once = false, sealed = "", recipients = [], summary, via = "" }: FreshFile,
): Promise<KeptFile> {
  const kept = keepable(name);
  const [row] = await insert(transaction.db, {
    id, owner, number, name: kept, name_key: nameKey(kept), size, media_type: keepable(mediaType), sha256, since, until,
    mark, once: Number(once), sealed: keepable(sealed),
  }); // prettier-ignore
  const file = toFile(row!);
  if (summary !== undefined) await insertSummary(transaction, { id: summary, fileId: id, owner, message: "", since });
  const told = { summary: summary ?? "", via };
  for (const recipient of recipients) await insertParcel(transaction, file, recipient, since, until, told);
  return file;
}
