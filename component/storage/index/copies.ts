/** Another file of the same bytes: only the records know of it. */
import { sql } from "kysely";
import type { Index } from "../../control/ports.js";
import { randomId } from "../../lib/ids.js";
import { takeRoom } from "./contacts.js";
import { insertFile } from "./keeping.js";
import { queue } from "./notices.js";
import type { Records } from "./records.js";
import type { FileRow } from "./schema.js";
import { locksRows, statement } from "./statement.js";
import { tally } from "./tallies.js";
import { useSlot } from "./upload-rights.js";

/** The file must not go, nor its mark change, while it is copied. */
const hold = statement<{ id: string }, FileRow>((db, v) =>
  db
    .selectFrom("files")
    .selectAll()
    .where("id", "=", v.id)
    .$if(locksRows(db), (q) => q.forShare()),
);
const share = statement<{ sha256: string }, never>((db, v) =>
  db
    .updateTable("blobs")
    .set({ refs: sql`refs + 1` })
    .where("sha256", "=", v.sha256)
    .$castTo<never>(),
);

export function copies(records: Records): Pick<Index, "copyFile"> {
  return {
    async copyFile(id, owner, fresh, quota, notices) {
      return records.write(true, async (transaction) => {
        const { db } = transaction;
        const [source] = await hold(db, { id });
        if (!source) return undefined;
        const { sha256, size } = source;
        await share(db, { sha256 });
        const number = await takeRoom(transaction, owner, fresh.at, { name: fresh.name, size }, quota);
        const { mark = source.mark, sealed = source.sealed } = fresh;
        const row = { id: randomId(), owner, number, sha256, size, since: fresh.at };
        const file = await insertFile(transaction, row, { ...fresh, mark, sealed });
        if (fresh.slot !== undefined) await useSlot(transaction, fresh.slot, file);
        await queue(transaction, notices(file));
        await tally(transaction, { files: 1, bytes: size, waiting: fresh.recipients?.length ?? 0 });
        return file;
      });
    },
  };
}
