/**
 * Stored bytes without a file. Every key is in exactly one of three places: an intake, a blob, or the doomed; it moves from
 * left to right and never back, so that whatever is doomed may be removed without looking again.
 */
import type { Index } from "../../control/ports.js";
import type { Records, Transaction } from "./records.js";
import { statement, type Db } from "./statement.js";

const put = statement<{ key: string; since: number }, never>((db, v) =>
  db.insertInto("doomed").values({ key: v.key, since: v.since }).$castTo<never>(),
);
const some = statement<{ limit: number }, { key: string }>((db, v) => db.selectFrom("doomed").select("key").limit(v.limit)); // prettier-ignore
const forget = statement<{ key: string }, never>((db, v) => db.deleteFrom("doomed").where("key", "=", v.key).$castTo<never>()); // prettier-ignore

type Page = { after: string; limit: number };
const intakeKeys = statement<Page, { key: string }>((db, v) =>
  db.selectFrom("intakes").select("blob_key as key").where("blob_key", ">", v.after).orderBy("blob_key").limit(v.limit),
);
const blobKeys = statement<Page, { key: string }>((db, v) =>
  db.selectFrom("blobs").select("key").where("key", ">", v.after).orderBy("key").limit(v.limit),
);
const doomedKeys = statement<Page, { key: string }>((db, v) =>
  db.selectFrom("doomed").select("key").where("key", ">", v.after).orderBy("key").limit(v.limit),
);
const PAGE = 500;

/** The bytes under this key are to be removed. */
export async function doom({ db }: Transaction, key: string, since: number): Promise<void> {
  await put(db, { key, since });
}

export function blobs(records: Records): Pick<Index, "doomed" | "forgetDoomed" | "knownKeys"> {
  async function* pages(query: (db: Db, page: Page) => Promise<{ key: string }[]>): AsyncGenerator<string> {
    for (let after = ""; ;) {
      const page = await records.read((db) => query(db, { after, limit: PAGE }));
      for (const { key } of page) yield key;
      if (page.length < PAGE) return;
      after = page.at(-1)!.key;
    }
  }
  return {
    async doomed(limit) {
      return (await records.read((db) => some(db, { limit }))).map((row) => row.key);
    },
    async forgetDoomed(keys) {
      if (keys.length === 0) return;
      await records.write(false, async ({ db }) => {
        for (const key of keys) await forget(db, { key });
      });
    },
    async *knownKeys() {
      // In the order in which keys move, so that one that moves meanwhile is not missed; it may come twice.
      for (const query of [intakeKeys, blobKeys, doomedKeys]) yield* pages(query);
    },
  };
}
