/** Whom people have in their contact lists under an address of ours. */
import { sql } from "kysely";
import type { Index, StandIn } from "../../control/ports.js";
import type { Records } from "./records.js";
import { statement } from "./statement.js";

/** Of one owner: nobody has as many, and nobody shall fill the records with them. */
const MOST = 1000;

const put = statement<{ owner: string; person: string; most: number }, never>(
  (_db, v) => sql<never>`
    insert into stand_ins (owner, person)
    select ${v.owner}, ${v.person} where (select count(*) from stand_ins where owner = ${v.owner}) < ${v.most}
    on conflict (owner, person) do nothing`,
);
const drop = statement<StandIn, never>((db, v) =>
  db.deleteFrom("stand_ins").where("owner", "=", v.owner).where("person", "=", v.person).$castTo<never>(),
);
const page = statement<{ owner: string; person: string; limit: number }, StandIn>((db, v) =>
  db
    .selectFrom("stand_ins")
    .selectAll()
    .where((e) =>
      e.or([
        e("owner", ">", v.owner as StandIn["owner"]),
        e.and([e("owner", "=", v.owner as StandIn["owner"]), e("person", ">", v.person as StandIn["person"])]),
      ]),
    )
    .orderBy("owner")
    .orderBy("person")
    .limit(v.limit),
);

export function standIns(records: Records): Pick<Index, "setStandIn" | "standIns"> {
  return {
    async setStandIn({ owner, person }, on) {
      await records.write(false, ({ db }) =>
        on ? put(db, { owner, person, most: MOST }) : drop(db, { owner, person }),
      );
    },
    standIns: (after, limit) =>
      records.read((db) => page(db, { owner: after?.owner ?? "", person: after?.person ?? "", limit })),
  };
}
