/** The outbox: what people are to be told, written in the transaction of what it tells. */
import { sql } from "kysely";
import type { Index, Notice } from "../../control/ports.js";
import type { BareJid } from "../../lib/jid.js";
import { different } from "./different.js";
import type { Records, Transaction } from "./records.js";
import { toNotice } from "./rows.js";
import type { NoticeRow } from "./schema.js";
import { statement } from "./statement.js";

// A notice that is there already stays: whoever could not see the end of a transaction may repeat it.
const put = statement<{ id: string; to: string; kind: string; details: string; since: number }, never>((db, v) =>
  db
    .insertInto("notices")
    .values({ id: v.id, to_jid: v.to, kind: v.kind, details: v.details, since: v.since })
    .onConflict((c) => c.column("id").doNothing())
    .$castTo<never>(),
);
const of = statement<{ to: string; limit: number }, NoticeRow>((db, v) =>
  db.selectFrom("notices").selectAll().where("to_jid", "=", v.to).orderBy("seq").limit(v.limit),
);
const addressees = statement<{ after: string; limit: number }, { value: BareJid }>(
  (_db, v) => sql<{ value: BareJid }>`${different("notices", "to_jid", "true", v)} select value from different order by value`, // prettier-ignore
);
const drop = statement<{ id: string }, never>((db, v) => db.deleteFrom("notices").where("id", "=", v.id).$castTo<never>()); // prettier-ignore

/** Queues notices as part of a transaction. */
export async function queue(transaction: Transaction, notices: readonly Notice[]): Promise<void> {
  for (const { id, to, kind, details, since } of notices)
    await put(transaction.db, { id, to, kind, details: JSON.stringify(details), since });
  for (const to of new Set(notices.map((notice) => notice.to))) transaction.nudge("notices", to);
}

export function notices(records: Records): Pick<Index, "addNotices" | "noticesFor" | "noticed" | "dropNotices"> {
  return {
    async addNotices(list) {
      if (list.length > 0) await records.write(false, (transaction) => queue(transaction, list));
    },
    async noticesFor(to, limit) {
      return (await records.read((db) => of(db, { to, limit }))).map(toNotice);
    },
    async noticed(after, limit) {
      return (await records.read((db) => addressees(db, { after, limit }))).map((row) => row.value);
    },
    async dropNotices(ids) {
      if (ids.length === 0) return;
      await records.write(false, async ({ db }) => {
        for (const id of ids) await drop(db, { id });
      });
    },
  };
}
