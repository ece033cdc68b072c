/** Files that members hold. */
import { sql } from "kysely";
import type { Index, Instant } from "../../control/ports.js";
import { doom } from "./blobs.js";
import { heldBy, releaseRoom } from "./contacts.js";
import { nameKey } from "./names.js";
import type { Records, Transaction } from "./records.js";
import { toFile, toStored, type StoredRow } from "./rows.js";
import type { FileRow } from "./schema.js";
import { statement } from "./statement.js";
import { tally } from "./tallies.js";

/** With the place of its bytes. */
export const fileById = statement<{ id: string }, StoredRow>((db, v) =>
  db
    .selectFrom("files")
    .innerJoin("blobs", "blobs.sha256", "files.sha256")
    .selectAll("files")
    .select("blobs.key as blob_key")
    .where("files.id", "=", v.id),
);
const byNumber = statement<{ owner: string; number: number }, FileRow>((db, v) =>
  db.selectFrom("files").selectAll().where("owner", "=", v.owner).where("number", "=", v.number),
);
const byName = statement<{ owner: string; key: string; limit: number }, FileRow>((db, v) =>
  db
    .selectFrom("files")
    .selectAll()
    .where("owner", "=", v.owner)
    .where("name_key", "=", v.key)
    .orderBy("number", "desc")
    .limit(v.limit),
);
const page = statement<{ owner: string; before: number; limit: number }, FileRow>((db, v) =>
  db
    .selectFrom("files")
    .selectAll()
    .where("owner", "=", v.owner)
    .where("number", "<", v.before)
    .orderBy("number", "desc")
    .limit(v.limit),
);
const ended = statement<{ now: number; limit: number }, FileRow>((db, v) =>
  db.selectFrom("files").selectAll().where("until", "<=", v.now).orderBy("until").limit(v.limit),
);
const remove = statement<{ id: string; endedBy: Instant }, FileRow>((db, v) =>
  db.deleteFrom("files").where("id", "=", v.id).where("until", "<=", v.endedBy).returningAll(),
);
const removeLinks = statement<{ id: string }, never>((db, v) => db.deleteFrom("links").where("file_id", "=", v.id).$castTo<never>()); // prettier-ignore
const unshare = statement<{ sha256: string }, { key: string; refs: number }>((db, v) =>
  db
    .updateTable("blobs")
    .set({ refs: sql`refs - 1` })
    .where("sha256", "=", v.sha256)
    .returning(["key", "refs"]),
);
const removeBlob = statement<{ sha256: string }, never>((db, v) => db.deleteFrom("blobs").where("sha256", "=", v.sha256).$castTo<never>()); // prettier-ignore

/** Takes a file out as part of a transaction, with all that goes with it. Undefined when it was gone already, or its time not up by `endedBy`. */
export async function takeOut(
  transaction: Transaction,
  id: string,
  at: Instant,
  endedBy: Instant = Number.MAX_SAFE_INTEGER,
): Promise<FileRow | undefined> {
  const { db } = transaction;
  const [file] = await remove(db, { id, endedBy });
  if (!file) return undefined;
  await removeLinks(db, { id });
  const [blob] = await unshare(db, file);
  if (blob!.refs === 0) {
    await removeBlob(db, file);
    await doom(transaction, blob!.key, at);
  }
  await releaseRoom(transaction, file.owner, file.size);
  return file;
}

export function files(
  records: Records,
): Pick<Index, "findFiles" | "file" | "files" | "usage" | "removeFile" | "removeEnded" | "endedFiles"> {
  return {
    async findFiles(owner, which, limit) {
      const rows = await records.read((db) =>
        typeof which === "number"
          ? byNumber(db, { owner, number: which })
          : byName(db, { owner, key: nameKey(which), limit }),
      );
      return rows.map(toFile);
    },
    async file(id) {
      const [row] = await records.read((db) => fileById(db, { id }));
      return row && toStored(row);
    },
    async files(owner, before = Number.MAX_SAFE_INTEGER, limit) {
      return (await records.read((db) => page(db, { owner, before, limit }))).map(toFile);
    },
    async usage(owner) {
      return records.read((db) => heldBy(db, owner));
    },
    async removeEnded(ids, now) {
      return records.write(true, async (transaction) => {
        const gone: number[] = []; // their sizes
        for (const id of ids) {
          const file = await takeOut(transaction, id, now, now);
          if (file) gone.push(file.size);
        }
        const bytes = gone.reduce((sum, size) => sum + size, 0);
        if (gone.length > 0) await tally(transaction, { files: -gone.length, bytes: -bytes });
        return gone.length;
      });
    },
    async removeFile(id, at) {
      return records.write(true, async (transaction) => {
        const file = await takeOut(transaction, id, at);
        if (!file) return false;
        await tally(transaction, { files: -1, bytes: -file.size });
        return true;
      });
    },
    async endedFiles(now, limit) {
      return (await records.read((db) => ended(db, { now, limit }))).map(toFile);
    },
  };
}
