/** What is to be seen of a picture: beside its bytes' row, and gone with it. */
import type { Index } from "../../control/ports.js";
import type { Records } from "./records.js";
import { toPicture } from "./rows.js";
import type { PictureRow } from "./schema.js";
import { locksRows, statement } from "./statement.js";

const one = statement<{ sha256: string }, PictureRow>((db, v) => db.selectFrom("pictures").selectAll().where("sha256", "=", v.sha256)); // prettier-ignore
const hold = statement<{ sha256: string }, { sha256: string }>((db, v) =>
  db
    .selectFrom("blobs")
    .select("sha256")
    .where("sha256", "=", v.sha256)
    .$if(locksRows(db), (q) => q.forKeyShare()),
);
const put = statement<PictureRow, never>((db, v) => {
  const row = {
    width: v.width,
    height: v.height,
    media_type: v.media_type,
    thumb_width: v.thumb_width,
    thumb_height: v.thumb_height,
    thumbnail: v.thumbnail,
  };
  return db
    .insertInto("pictures")
    .values({ sha256: v.sha256, ...row })
    .onConflict((c) => c.column("sha256").doUpdateSet(row))
    .$castTo<never>();
});

export function pictures(records: Records): Pick<Index, "picture" | "setPicture"> {
  return {
    async picture(sha256) {
      const [row] = await records.read((db) => one(db, { sha256 }));
      return row && toPicture(row);
    },
    async setPicture(sha256, { width, height, thumbnail }) {
      const row = {
        sha256,
        width,
        height,
        media_type: thumbnail?.mediaType ?? null,
        thumb_width: thumbnail?.width ?? null,
        thumb_height: thumbnail?.height ?? null,
        thumbnail: thumbnail ? Buffer.from(thumbnail.bytes) : null,
      };
      await records.write(false, async ({ db }) => {
        if ((await hold(db, { sha256 })).length > 0) await put(db, row);
      });
    },
  };
}
