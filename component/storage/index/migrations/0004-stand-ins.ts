/** Whom people have in their contact lists under an address of ours: told again that it is there when we are back. */
import { sql, type Kysely, type Migration } from "kysely";
import type { Dialect } from "../engine.js";

export function standIns(dialect: Dialect): Migration {
  const text = dialect === "postgres" ? sql`text collate "C"` : sql`text`;
  return {
    async up(db: Kysely<unknown>) {
      await sql`create table stand_ins (owner ${text} not null, person ${text} not null, primary key (owner, person))`.execute(db); // prettier-ignore
    },
  };
}
