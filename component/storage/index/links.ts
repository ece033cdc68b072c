/** Capabilities. One that was ended before its time stays known, with `until` 0, until its file goes: its holder learns that it has ended. */
import type { Index, Link } from "../../control/ports.js";
import { fileById } from "./files.js";
import { parcelById } from "./parcels.js";
import type { Records, Transaction } from "./records.js";
import { fromSpans, toLink, toParcel, toStored } from "./rows.js";
import type { LinkRow } from "./schema.js";
import { statement } from "./statement.js";

const put = statement<LinkRow, never>((db, v) =>
  db
    .insertInto("links")
    .values({
      hash: v.hash,
      file_id: v.file_id,
      parcel_id: v.parcel_id,
      since: v.since,
      until: v.until,
      served: v.served,
    })
    .$castTo<never>(),
);
const byHash = statement<{ hash: string }, LinkRow>((db, v) => db.selectFrom("links").selectAll().where("hash", "=", v.hash)); // prettier-ignore
const serve = statement<{ hash: string; served: string }, never>((db, v) =>
  db.updateTable("links").set({ served: v.served }).where("hash", "=", v.hash).$castTo<never>(),
);
const endOfParcel = statement<{ id: string }, never>((db, v) =>
  db.updateTable("links").set({ until: 0 }).where("parcel_id", "=", v.id).where("until", ">", 0).$castTo<never>(),
);

/** Adds a link as part of a transaction. */
export async function insertLink({ db }: Transaction, link: Link): Promise<void> {
  const { hash, fileId, parcelId, since, until, served } = link;
  await put(db, { hash, file_id: fileId, parcel_id: parcelId ?? null, since, until, served: fromSpans(served) });
}

/** Ends a parcel's links as part of a transaction. */
export async function endParcelLinks({ db }: Transaction, parcelId: string): Promise<void> {
  await endOfParcel(db, { id: parcelId });
}

export function links(records: Records): Pick<Index, "addLink" | "link" | "setServed"> {
  return {
    async addLink(link) {
      await records.write(false, (transaction) => insertLink(transaction, link));
    },
    async link(hash) {
      return records.read(async (db) => {
        const [row] = await byHash(db, { hash });
        const [file] = row ? await fileById(db, { id: row.file_id }) : [];
        if (!row || !file) return undefined;
        const [parcel] = row.parcel_id === null ? [] : await parcelById(db, { id: row.parcel_id });
        return { link: toLink(row), file: toStored(file), parcel: parcel && toParcel(parcel) };
      });
    },
    async setServed(hash, served) {
      await records.write(false, ({ db }) => serve(db, { hash, served: fromSpans(served) }));
    },
  };
}
