/** Complaints, for the admin to read. */
import type { Index } from "../../control/ports.js";
import { keepable } from "./names.js";
import type { Records } from "./records.js";
import { toReport } from "./rows.js";
import type { ReportRow } from "./schema.js";
import { statement } from "./statement.js";

const put = statement<ReportRow, never>((db, v) =>
  db
    .insertInto("reports")
    .values({ id: v.id, by_jid: v.by_jid, about: v.about, reason: v.reason, body: v.body, since: v.since })
    .$castTo<never>(),
);
const newest = statement<{ limit: number }, ReportRow>((db, v) =>
  db.selectFrom("reports").selectAll().orderBy("since", "desc").orderBy("id", "desc").limit(v.limit),
);

export function reports(records: Records): Pick<Index, "addReport" | "reports"> {
  return {
    async addReport({ id, by, about, reason, text, since }) {
      const row = { id, by_jid: by, about: keepable(about), reason: keepable(reason), body: keepable(text), since };
      await records.write(true, ({ db }) => put(db, row));
    },
    async reports(limit) {
      return (await records.read((db) => newest(db, { limit }))).map(toReport);
    },
  };
}
