/** Lines that tell of several parcels at once. */
import { sql } from "kysely";
import type { Index, Summary } from "../../control/ports.js";
import type { BareJid } from "../../lib/jid.js";
import type { Records, Transaction } from "./records.js";
import { toParcel } from "./rows.js";
import type { ParcelRow, Schema } from "./schema.js";
import { statement } from "./statement.js";

type Row = Schema["summaries"];

const put = statement<Row, never>((db, v) =>
  db
    .insertInto("summaries")
    .values({ id: v.id, file_id: v.file_id, owner: v.owner, message: v.message, since: v.since })
    .$castTo<never>(),
);
const byId = statement<{ id: string }, Row>((db, v) => db.selectFrom("summaries").selectAll().where("id", "=", v.id));
const parcelsOf = statement<{ id: string }, ParcelRow>((db, v) =>
  db
    .selectFrom("parcels")
    .selectAll()
    .where(sql<boolean>`summary <> ''`) // word by word as in the partial index
    .where("summary", "=", v.id)
    .orderBy("recipient"),
);
const say = statement<{ id: string; message: string }, never>((db, v) =>
  db.updateTable("summaries").set({ message: v.message }).where("id", "=", v.id).$castTo<never>(),
);

const toSummary = ({ id, file_id, owner, message, since }: Row): Summary => ({
  id,
  fileId: file_id,
  owner: owner as BareJid,
  message,
  since,
});

/** As part of a transaction. */
export async function insertSummary(
  { db }: Transaction,
  { id, fileId, owner, message, since }: Summary,
): Promise<void> {
  await put(db, { id, file_id: fileId, owner, message, since });
}

export function summaries(records: Records): Pick<Index, "addSummary" | "summary" | "setSummary"> {
  return {
    async addSummary(summary) {
      await records.write(false, (transaction) => insertSummary(transaction, summary));
    },
    async summary(id) {
      return records.read(async (db) => {
        const [row] = await byId(db, { id });
        return row && { summary: toSummary(row), parcels: (await parcelsOf(db, { id })).map(toParcel) };
      });
    },
    async setSummary(id, message) {
      await records.write(false, ({ db }) => say(db, { id, message }));
    },
  };
}
