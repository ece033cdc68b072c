/** Files that change, and how they come to their ends: later, reminded of before, or by themselves when everybody has them. */
import { sql } from "kysely";
import { isFetched } from "../../control/parcel.js";
import type { Contact, Ending, FileMark, Index, Instant, ParcelState } from "../../control/ports.js";
import type { BareJid } from "../../lib/jid.js";
import { takeOut } from "./files.js";
import { queue } from "./notices.js";
import { OPEN } from "./parcels.js";
import type { Records } from "./records.js";
import { toFile, toParcel } from "./rows.js";
import type { FileRow, ParcelRow } from "./schema.js";
import { locksRows, statement } from "./statement.js";
import { tally } from "./tallies.js";

// Whoever writes to a file and to its parcels begins with the file, so that nobody waits in a circle.
const hold = statement<{ id: string }, FileRow>((db, v) =>
  db
    .selectFrom("files")
    .selectAll()
    .where("id", "=", v.id)
    .$if(locksRows(db), (q) => q.forNoKeyUpdate()),
);
const extend = statement<{ id: string; until: Instant }, never>((db, v) =>
  db.updateTable("files").set({ until: v.until, reminded: 0 }).where("id", "=", v.id).$castTo<never>(),
);
const extendParcels = statement<{ id: string; until: Instant }, never>((db, v) =>
  db
    .updateTable("parcels")
    .set({ until: v.until, version: sql`version + 1` })
    .where("file_id", "=", v.id)
    .where("until", "<", v.until)
    .$castTo<never>(),
);
const extendLinks = statement<{ id: string; from: Instant; until: Instant }, never>((db, v) =>
  db
    .updateTable("links")
    .set({ until: v.until })
    .where("file_id", "=", v.id)
    .where("until", ">=", v.from)
    .where("until", "<", v.until)
    .$castTo<never>(),
);

const set = statement<{ id: string; mark: FileMark; once: number; ripe: number }, never>((db, v) =>
  db.updateTable("files").set({ mark: v.mark, once: v.once, ripe: v.ripe }).where("id", "=", v.id).$castTo<never>(),
);
const markParcels = statement<{ id: string; mark: FileMark }, { recipient: BareJid; state: string }>((db, v) =>
  db
    .updateTable("parcels")
    .set({ mark: v.mark })
    .where("file_id", "=", v.id)
    .where(OPEN)
    .returning(["recipient", "state"])
    .$castTo<{ recipient: BareJid; state: string }>(),
);
const marked = statement<{ mark: FileMark; since: Instant; id: string; limit: number }, FileRow>((db, v) =>
  db
    .selectFrom("files")
    .selectAll()
    .where(sql<boolean>`mark <> ''`)
    .where("mark", "=", v.mark)
    .where(sql<boolean>`(since, id) > (${v.since}, ${v.id})`)
    .orderBy("since")
    .orderBy("id")
    .limit(v.limit),
);

const unreminded = statement<{ until: Instant; limit: number }, FileRow>((db, v) =>
  db
    .selectFrom("files")
    .selectAll()
    .where(sql<boolean>`reminded = 0`)
    .where("until", "<", v.until)
    .orderBy("until")
    .limit(v.limit)
    .$if(locksRows(db), (q) => q.forNoKeyUpdate().skipLocked()),
);
const remember = statement<{ id: string }, never>((db, v) =>
  db.updateTable("files").set({ reminded: 1 }).where("id", "=", v.id).$castTo<never>(),
);
const sentOf = statement<{ id: string }, ParcelRow & { standing: Contact["standing"] | null }>((db, v) =>
  db
    .selectFrom("parcels")
    .leftJoin("contacts", "contacts.jid", "parcels.recipient")
    .selectAll("parcels")
    .select("contacts.standing")
    .where("file_id", "=", v.id)
    .orderBy("recipient"),
);
const reminded = statement<{ owner: string; limit: number }, FileRow>((db, v) =>
  db
    .selectFrom("files")
    .selectAll()
    .where(sql<boolean>`reminded = 1`)
    .where("owner", "=", v.owner)
    .orderBy("until")
    .limit(v.limit),
);

const ripe = statement<{ limit: number }, FileRow>((db, v) =>
  db
    .selectFrom("files")
    .selectAll()
    .where(sql<boolean>`once = 1 and ripe = 1`)
    .orderBy("since")
    .limit(v.limit)
    .$if(locksRows(db), (q) => q.forUpdate().skipLocked()),
);
const unripen = statement<{ id: string }, never>((db, v) =>
  db.updateTable("files").set({ ripe: 0 }).where("id", "=", v.id).$castTo<never>(),
);
const parcelsOf = statement<{ id: string }, { recipient: BareJid; state: ParcelState }>((db, v) =>
  db
    .selectFrom("parcels")
    .select(["recipient", "state"])
    .where("file_id", "=", v.id)
    .$castTo<{ recipient: BareJid; state: ParcelState }>(),
);

export function ends(
  records: Records,
): Pick<Index, "extendFile" | "setFile" | "marked" | "remind" | "remindedFiles" | "removeFetched"> {
  return {
    async extendFile(id, until) {
      return records.write(true, async ({ db }) => {
        const [file] = await hold(db, { id });
        if (!file) return false;
        if (until <= file.until) return true;
        await extend(db, { id, until });
        await extendParcels(db, { id, until });
        await extendLinks(db, { id, from: file.until, until });
        return true;
      });
    },

    async setFile(id, change) {
      return records.write(true, async (transaction) => {
        const { db } = transaction;
        const [file] = await hold(db, { id });
        if (!file) return false;
        const { mark = file.mark } = change;
        const once = change.once === undefined ? file.once : Number(change.once);
        await set(db, { id, mark, once, ripe: once });
        if (mark === file.mark) return true;
        for (const { recipient, state } of await markParcels(db, { id, mark }))
          if (state === "waiting" && mark !== "held") transaction.nudge("parcels", recipient);
        return true;
      });
    },

    async marked(mark, after = { since: -1, id: "" }, limit) {
      return (await records.read((db) => marked(db, { mark, since: after.since, id: after.id, limit }))).map(toFile);
    },

    async remind(until, limit, notices) {
      return records.write(true, async (transaction) => {
        const { db } = transaction;
        const rows = await unreminded(db, { until, limit });
        const ending: Ending[] = [];
        for (const row of rows) {
          await remember(db, row);
          const parcels = (await sentOf(db, row)).map((p) => ({ ...toParcel(p), standing: p.standing ?? "stranger" }));
          ending.push({ file: toFile(row), parcels });
        }
        if (ending.length > 0) await queue(transaction, notices(ending));
        return rows.length;
      });
    },

    async remindedFiles(owner, limit) {
      return (await records.read((db) => reminded(db, { owner, limit }))).map(toFile);
    },

    async removeFetched(at, limit, notices) {
      return records.write(true, async (transaction) => {
        const { db } = transaction;
        const rows = await ripe(db, { limit });
        const removed = { files: 0, bytes: 0 };
        for (const row of rows) {
          // What is sent on from now on waits for the row, and finds it gone.
          if (!isFetched(await parcelsOf(db, row))) {
            await unripen(db, row);
            continue;
          }
          await takeOut(transaction, row.id, at);
          await queue(transaction, notices(toFile(row)));
          removed.files--;
          removed.bytes -= row.size;
        }
        if (removed.files < 0) await tally(transaction, removed);
        return rows.length;
      });
    },
  };
}
