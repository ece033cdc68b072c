/** Addresses that the bot knows, and whom they have blocked. */
import { sql } from "kysely";
import type { Contact, Index, Instant } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import { size as sizeOf } from "../../lib/said.js";
import { domainOf, type BareJid } from "../../lib/jid.js";
import { keepable, nameKey } from "./names.js";
import type { Records, Transaction } from "./records.js";
import { toContact } from "./rows.js";
import type { ContactRow } from "./schema.js";
import { statement, type Db } from "./statement.js";
import { different } from "./different.js";

interface Change {
  jid: string;
  standing: string | null;
  followed: number | null;
  follows: number | null;
  language: string | null;
  at: Instant;
}

const one = statement<{ jid: string }, ContactRow>((db, v) => db.selectFrom("contacts").selectAll().where("jid", "=", v.jid)); // prettier-ignore

const set = statement<Change, ContactRow>(
  (_db, v) => sql<ContactRow>`
    insert into contacts (jid, standing, followed, follows, language, since, next_number, held_bytes, held_files)
    values (${v.jid}, coalesce(${v.standing}, 'stranger'), coalesce(${v.followed}, 0), coalesce(${v.follows}, 0),
      coalesce(${v.language}, ''), ${v.at}, 1, 0, 0)
    on conflict (jid) do update set
      standing = coalesce(${v.standing}, contacts.standing),
      followed = coalesce(${v.followed}, contacts.followed),
      follows = coalesce(${v.follows}, contacts.follows),
      language = coalesce(${v.language}, contacts.language)
    returning *`,
);

const take = statement<{ jid: string; at: Instant; bytes: number; files: number; quota: number }, { number: number }>(
  (_db, v) => sql<{ number: number }>`
    insert into contacts (jid, standing, followed, follows, since, next_number, held_bytes, held_files)
    values (${v.jid}, 'stranger', 0, 0, ${v.at}, 2, ${v.bytes}, ${v.files})
    on conflict (jid) do update set
      next_number = contacts.next_number + 1,
      held_bytes = contacts.held_bytes + excluded.held_bytes,
      held_files = contacts.held_files + excluded.held_files
    where contacts.held_bytes + excluded.held_bytes <= ${v.quota}
    returning next_number - 1 as number`,
);

const release = statement<{ jid: string; bytes: number }, never>((db, v) =>
  db
    .updateTable("contacts")
    .set({ held_bytes: sql`held_bytes - ${v.bytes}`, held_files: sql`held_files - 1` })
    .where("jid", "=", v.jid)
    .$castTo<never>(),
);

type Page = { after: string; limit: number };
const page = (flag?: "followed" | "follows") =>
  statement<Page, ContactRow>((db, v) =>
    db
      .selectFrom("contacts")
      .selectAll()
      .where("jid", ">", v.after)
      .$if(flag !== undefined, (q) => q.where(flag!, "=", sql.lit(1)))
      .orderBy("jid")
      .limit(v.limit),
  );
const pages = { all: page(), followed: page("followed"), follows: page("follows") };

// "cross join" is what keeps SQLite from going through all contacts instead.
const awaited = statement<Page, ContactRow>(
  (_db, v) => sql<ContactRow>`
    ${different("parcels", "recipient", "state = 'waiting' and mark <> 'held'", v)}
    select contacts.* from different cross join contacts where contacts.jid = different.value order by contacts.jid`,
);

const putBlock = statement<{ owner: string; key: string; blocked: string }, never>((db, v) =>
  db
    .insertInto("blocks")
    .values({ owner: v.owner, blocked_key: v.key, blocked: v.blocked })
    .onConflict((c) => c.doNothing())
    .$castTo<never>(),
);
const dropBlock = statement<{ owner: string; key: string }, never>((db, v) =>
  db.deleteFrom("blocks").where("owner", "=", v.owner).where("blocked_key", "=", v.key).$castTo<never>(),
);
const anyBlock = statement<{ owner: string; address: string; domain: string }, { blocked: string }>((db, v) =>
  db
    .selectFrom("blocks")
    .select("blocked")
    .where("owner", "=", v.owner)
    .where("blocked_key", "in", [v.address, v.domain])
    .limit(1),
);
const allBlocks = statement<{ owner: string }, { blocked: string }>((db, v) =>
  db.selectFrom("blocks").select("blocked").where("owner", "=", v.owner).orderBy("blocked"),
);

/**
 * The next number of a contact, who comes into being when he is not known yet, and what he holds grows by `held`.
 * undefined when that would exceed `quota` (bytes).
 */
export async function takeNumber(
  { db }: Transaction,
  jid: BareJid,
  at: Instant,
  held = { bytes: 0, files: 0 },
  quota = Number.MAX_SAFE_INTEGER,
): Promise<number | undefined> {
  if (held.bytes > quota) return undefined;
  const [row] = await take(db, { jid, at, ...held, quota: Math.min(quota, Number.MAX_SAFE_INTEGER) });
  return row?.number;
}

/** As {@link takeNumber}, for one more file. Rejects with Refusal "over-quota". */
export async function takeRoom(
  transaction: Transaction,
  owner: BareJid,
  at: Instant,
  { name, size }: { name: string; size: number },
  quota: number,
): Promise<number> {
  const number = await takeNumber(transaction, owner, at, { bytes: size, files: 1 }, quota);
  if (number !== undefined) return number;
  const { bytes } = await heldBy(transaction.db, owner);
  throw new Refusal("over-quota", { name, size: sizeOf(size), used: sizeOf(bytes), quota: sizeOf(quota) });
}

/** A file of so many bytes is no longer his. */
export async function releaseRoom({ db }: Transaction, jid: string, bytes: number): Promise<void> {
  await release(db, { jid, bytes });
}

/** Bytes and files that a contact holds. */
export async function heldBy(db: Db, jid: BareJid): Promise<{ bytes: number; files: number }> {
  const [row] = await one(db, { jid });
  return { bytes: row?.held_bytes ?? 0, files: row?.held_files ?? 0 };
}

export function contacts(
  records: Records,
): Pick<Index, "contact" | "setContact" | "contacts" | "block" | "isBlocked" | "blocks"> {
  async function contact(jid: BareJid): Promise<Contact | undefined> {
    const [row] = await records.read((db) => one(db, { jid }));
    return row && toContact(row);
  }
  return {
    contact,
    async setContact(jid, change, at) {
      // Presence repeats what is known at every log-in: that is not worth a write.
      const now = await contact(jid);
      const known = (["standing", "followed", "follows", "language"] as const).every(
        (k) => change[k] === undefined || change[k] === now?.[k],
      );
      if (now && known) return now;
      const values = {
        jid,
        standing: change.standing ?? null,
        followed: change.followed === undefined ? null : Number(change.followed),
        follows: change.follows === undefined ? null : Number(change.follows),
        language: change.language ?? null,
        at,
      };
      const [row] = await records.write(true, ({ db }) => set(db, values));
      return toContact(row!);
    },
    async contacts(after, limit, only) {
      const query = only === "awaited" ? awaited : pages[only ?? "all"];
      return (await records.read((db) => query(db, { after, limit }))).map(toContact);
    },
    async block(owner, blocked, on) {
      const key = nameKey(blocked);
      await records.write(true, async ({ db }) => {
        if (on) await putBlock(db, { owner, key, blocked: keepable(blocked) });
        else await dropBlock(db, { owner, key });
      });
    },
    async isBlocked(owner, other) {
      const values = { owner, address: nameKey(other), domain: nameKey(domainOf(other)) };
      return (await records.read((db) => anyBlock(db, values))).length > 0;
    },
    async blocks(owner) {
      return (await records.read((db) => allBlocks(db, { owner }))).map((row) => row.blocked);
    },
  };
}
