/** Parcels that have been over for long enough: struck out with all that was known of them. */
import { sql } from "kysely";
import type { Index, Instant } from "../../control/ports.js";
import type { Records } from "./records.js";
import { locksRows, statement } from "./statement.js";

/** Word by word as in the partial index. */
const OVER = sql<boolean>`state not in ('waiting', 'offered', 'moving')`;

type Forgotten = { id: string; summary: string };

const over = statement<{ until: Instant; limit: number }, Forgotten>((db, v) =>
  db
    .selectFrom("parcels")
    .select(["id", "summary"])
    .where(OVER)
    .where("until", "<=", v.until)
    .where((e) =>
      e.not(e.exists(e.selectFrom("files").select("files.id").whereRef("files.id", "=", "parcels.file_id"))),
    )
    .orderBy("until")
    .limit(v.limit)
    .$if(locksRows(db), (q) => q.forUpdate().skipLocked()),
);
const dropHistory = statement<{ id: string }, never>((db, v) =>
  db.deleteFrom("history").where("parcel_id", "=", v.id).$castTo<never>(),
);
const drop = statement<{ id: string }, never>((db, v) =>
  db.deleteFrom("parcels").where("id", "=", v.id).$castTo<never>(),
);
const dropLine = statement<{ summary: string }, never>((db, v) =>
  db
    .deleteFrom("summaries")
    .where("id", "=", v.summary)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom("parcels")
            .select("parcels.id")
            .where(sql<boolean>`summary <> ''`)
            .where("summary", "=", v.summary),
        ),
      ),
    )
    .$castTo<never>(),
);

export function forgetting(records: Records): Pick<Index, "forgetParcels"> {
  return {
    async forgetParcels(until, limit) {
      return records.write(false, async ({ db }) => {
        const rows = await over(db, { until, limit });
        for (const { id } of rows) {
          await dropHistory(db, { id });
          await drop(db, { id });
        }
        for (const summary of new Set(rows.map((row) => row.summary)))
          if (summary !== "") await dropLine(db, { summary });
        return rows.length;
      });
    },
  };
}
