/** Rights to upload: slots, each good for one file, and forms. */
import { sql } from "kysely";
import type { Index, Instant, KeptFile } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import { insertLink } from "./links.js";
import { keepable } from "./names.js";
import type { Records, Transaction } from "./records.js";
import { toUploadRight } from "./rows.js";
import type { UploadRightRow } from "./schema.js";
import { statement } from "./statement.js";

const put = statement<UploadRightRow, never>((db, v) =>
  db
    .insertInto("upload_rights")
    .values({
      hash: v.hash,
      owner: v.owner,
      kind: v.kind,
      name: v.name,
      size: v.size,
      media_type: v.media_type,
      link: v.link,
      purpose: v.purpose,
      recipients: v.recipients,
      since: v.since,
      until: v.until,
      file_id: v.file_id,
    })
    .$castTo<never>(),
);
const byHash = statement<{ hash: string }, UploadRightRow>((db, v) =>
  db.selectFrom("upload_rights").selectAll().where("hash", "=", v.hash),
);
const use = statement<{ hash: string; file: string }, { link: string }>((db, v) =>
  db
    .updateTable("upload_rights")
    .set({ file_id: v.file })
    .where("hash", "=", v.hash)
    .where("kind", "=", "slot")
    .where("file_id", "=", "")
    .returning("link"),
);
const unused = statement<{ owner: string; now: Instant }, { bytes: number }>((db, v) =>
  db
    .selectFrom("upload_rights")
    .select((e) => e.fn.coalesce(e.fn.sum<number>("size"), e.lit(0)).as("bytes"))
    .where("owner", "=", v.owner)
    .where(sql<boolean>`file_id = ''`) // word by word as in the partial index
    .where("until", ">", v.now),
);
const drop = statement<{ hash: string }, { hash: string }>((db, v) =>
  db.deleteFrom("upload_rights").where("hash", "=", v.hash).returning("hash"),
);
const dropPages = statement<{ owner: string }, { hash: string }>((db, v) =>
  db.deleteFrom("upload_rights").where("owner", "=", v.owner).where("kind", "=", "page").returning("hash"),
);
const dropEnded = statement<{ by: Instant; limit: number }, { hash: string }>((db, v) =>
  db
    .with("over", (cte) =>
      cte.selectFrom("upload_rights").select("hash").where("until", "<=", v.by).orderBy("until").limit(v.limit),
    )
    .deleteFrom("upload_rights")
    .where("hash", "in", (e) => e.selectFrom("over").select("hash"))
    .returning("hash"),
);

/** Uses a slot up as part of a transaction: its link opens the file from now on. Rejects with Refusal "link-ended" when it has been used. */
export async function useSlot(transaction: Transaction, slot: string, file: KeptFile): Promise<void> {
  const [right] = await use(transaction.db, { hash: slot, file: file.id });
  if (!right) throw new Refusal("link-ended");
  const { id: fileId, since, until } = file;
  await insertLink(transaction, { hash: right.link, fileId, parcelId: undefined, since, until, served: [] });
}

export function uploadRights(
  records: Records,
): Pick<Index, "addUploadRight" | "uploadRight" | "slotBytes" | "dropUploadRights"> {
  return {
    async addUploadRight({ mediaType, recipients, fileId, name, ...right }) {
      const row = {
        ...right,
        name: keepable(name),
        media_type: keepable(mediaType),
        recipients: JSON.stringify(recipients),
        file_id: fileId,
      };
      await records.write(false, ({ db }) => put(db, row));
    },
    async uploadRight(hash) {
      const [row] = await records.read((db) => byHash(db, { hash }));
      return row && toUploadRight(row);
    },
    async slotBytes(owner, now) {
      const [row] = await records.read((db) => unused(db, { owner, now }));
      return row!.bytes;
    },
    async dropUploadRights(which, limit) {
      const rows = await records.write(true, ({ db }) => {
        if ("hash" in which) return drop(db, which);
        return "pagesOf" in which
          ? dropPages(db, { owner: which.pagesOf })
          : dropEnded(db, { by: which.endedBy, limit });
      });
      return rows.length;
    },
  };
}
