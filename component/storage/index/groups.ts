/** Groups of addresses, each by its owner's own name. Whoever changes one holds its row first: it ends with its last member. */
import { sql } from "kysely";
import type { Index } from "../../control/ports.js";
import type { BareJid } from "../../lib/jid.js";
import { keepable, nameKey } from "./names.js";
import type { Records } from "./records.js";
import { locksRows, statement } from "./statement.js";

type Key = { owner: string; key: string };

const all = statement<{ owner: string }, { name: string; members: number }>((db, v) =>
  db
    .selectFrom("groups")
    .innerJoin("members", (j) =>
      j.onRef("members.owner", "=", "groups.owner").onRef("members.name_key", "=", "groups.name_key"),
    )
    .select(["groups.name", (e) => e.fn.countAll<number>().as("members")])
    .where("groups.owner", "=", v.owner)
    .groupBy(["groups.name_key", "groups.name"])
    .orderBy("groups.name"),
);
const members = statement<Key, { jid: BareJid }>((db, v) =>
  db
    .selectFrom("members")
    .select("jid")
    .where("owner", "=", v.owner)
    .where("name_key", "=", v.key)
    .orderBy("jid")
    .$castTo<{ jid: BareJid }>(),
);
const found = statement<Key & { name: string }, never>((db, v) =>
  db
    .insertInto("groups")
    .values({ owner: v.owner, name_key: v.key, name: v.name })
    .onConflict((c) => c.columns(["owner", "name_key"]).doUpdateSet({ name: sql`groups.name` }))
    .$castTo<never>(),
);
const hold = statement<Key, { name: string }>((db, v) =>
  db
    .selectFrom("groups")
    .select("name")
    .where("owner", "=", v.owner)
    .where("name_key", "=", v.key)
    .$if(locksRows(db), (q) => q.forUpdate()),
);
const join = statement<Key & { jid: string }, never>((db, v) =>
  db
    .insertInto("members")
    .values({ owner: v.owner, name_key: v.key, jid: v.jid })
    .onConflict((c) => c.doNothing())
    .$castTo<never>(),
);
const leave = statement<Key & { jid: string }, { jid: string }>((db, v) =>
  db
    .deleteFrom("members")
    .where("owner", "=", v.owner)
    .where("name_key", "=", v.key)
    .where("jid", "=", v.jid)
    .returning("jid"),
);
const end = statement<Key, never>((db, v) =>
  db.deleteFrom("groups").where("owner", "=", v.owner).where("name_key", "=", v.key).$castTo<never>(),
);

export function groups(records: Records): Pick<Index, "groups" | "group" | "addToGroup" | "dropFromGroup"> {
  return {
    async groups(owner) {
      return records.read((db) => all(db, { owner }));
    },
    async group(owner, name) {
      const rows = await records.read((db) => members(db, { owner, key: nameKey(name) }));
      return rows.length > 0 ? rows.map(({ jid }) => jid) : undefined;
    },
    async addToGroup(owner, name, jids) {
      if (jids.length === 0) return;
      const key = nameKey(name);
      await records.write(true, async ({ db }) => {
        await found(db, { owner, key, name: keepable(name) });
        for (const jid of jids) await join(db, { owner, key, jid });
      });
    },
    async dropFromGroup(owner, name, jids) {
      const key = nameKey(name);
      return records.write(true, async ({ db }) => {
        if ((await hold(db, { owner, key })).length === 0) return 0;
        const leaving = jids ?? (await members(db, { owner, key })).map(({ jid }) => jid);
        let left = 0;
        for (const jid of leaving) left += (await leave(db, { owner, key, jid })).length;
        if ((await members(db, { owner, key })).length === 0) await end(db, { owner, key });
        return left;
      });
    },
  };
}
