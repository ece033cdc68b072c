/** Finding parcels. What is asked on every presence goes through partial indexes, by recipient. */
import { sql } from "kysely";
import type { Index, Parcel } from "../../control/ports.js";
import { nameKey } from "./names.js";
import type { Records } from "./records.js";
import { toHistory, toParcel } from "./rows.js";
import type { HistoryTable, ParcelRow } from "./schema.js";
import { statement } from "./statement.js";

/** Word by word as in the partial indexes. */
const WAITING = sql<boolean>`state = 'waiting' and mark <> 'held'`;
export const OPEN = sql<boolean>`state in ('waiting', 'offered', 'moving')`;

export const parcelById = statement<{ id: string }, ParcelRow>((db, v) => db.selectFrom("parcels").selectAll().where("id", "=", v.id)); // prettier-ignore

const waiting = statement<{ recipient: string; after: number; limit: number }, ParcelRow>((db, v) =>
  db
    .selectFrom("parcels")
    .selectAll()
    .where("recipient", "=", v.recipient)
    .where(WAITING)
    .where("number", ">", v.after)
    .orderBy("number")
    .limit(v.limit),
);
const open = statement<{ recipient: string; before: number; limit: number }, ParcelRow>((db, v) =>
  db
    .selectFrom("parcels")
    .selectAll()
    .where("recipient", "=", v.recipient)
    .where(OPEN)
    .where("number", "<", v.before)
    .orderBy("number", "desc")
    .limit(v.limit),
);
const byNumber = statement<{ recipient: string; number: number }, ParcelRow>((db, v) =>
  db.selectFrom("parcels").selectAll().where("recipient", "=", v.recipient).where("number", "=", v.number),
);
const byName = statement<{ recipient: string; key: string; limit: number }, ParcelRow>((db, v) =>
  db
    .selectFrom("parcels")
    .selectAll()
    .where("recipient", "=", v.recipient)
    .where("name_key", "=", v.key)
    .orderBy("number", "desc")
    .limit(v.limit),
);
const byFile = statement<{ file: string; limit: number }, ParcelRow>((db, v) =>
  db.selectFrom("parcels").selectAll().where("file_id", "=", v.file).limit(v.limit),
);
const sent = statement<{ sender: string; before: number; limit: number }, ParcelRow>((db, v) =>
  db
    .selectFrom("parcels")
    .selectAll()
    .where("sender", "=", v.sender)
    .where("since", "<", v.before)
    .orderBy("since", "desc")
    .limit(v.limit),
);
const ended = statement<{ now: number; limit: number }, ParcelRow>((db, v) =>
  db.selectFrom("parcels").selectAll().where(OPEN).where("until", "<=", v.now).orderBy("until").limit(v.limit),
);
const story = statement<{ id: string }, HistoryTable>((db, v) =>
  db.selectFrom("history").selectAll().where("parcel_id", "=", v.id).orderBy("seq"),
);

export function parcels(
  records: Records,
): Pick<
  Index,
  "parcel" | "findParcels" | "waitingFor" | "openFor" | "parcelsOf" | "sentBy" | "history" | "endedParcels"
> {
  const found = async <V>(
    query: (db: Parameters<typeof parcelById>[0], values: V) => Promise<ParcelRow[]>,
    values: V,
  ): Promise<Parcel[]> => (await records.read((db) => query(db, values))).map(toParcel);

  return {
    parcel: async (id) => (await found(parcelById, { id }))[0],
    findParcels: (recipient, which, limit) =>
      typeof which === "number"
        ? found(byNumber, { recipient, number: which })
        : found(byName, { recipient, key: nameKey(which), limit }),
    waitingFor: (recipient, after, limit) => found(waiting, { recipient, after, limit }),
    openFor: (recipient, before = Number.MAX_SAFE_INTEGER, limit) => found(open, { recipient, before, limit }),
    parcelsOf: (file, limit) => found(byFile, { file, limit }),
    sentBy: (sender, before = Number.MAX_SAFE_INTEGER, limit) => found(sent, { sender, before, limit }),
    endedParcels: (now, limit) => found(ended, { now, limit }),
    history: async (id) => (await records.read((db) => story(db, { id }))).map(toHistory),
  };
}
