/**
 * How many parcels there are in each state, files and bytes: counted along with every change, since counting a million
 * rows takes longer than anybody may wait. There are several rows ("lanes") to add to, so that transactions that run at
 * the same time seldom wait for each other; the totals are their sums.
 */
import { sql } from "kysely";
import type { Index } from "../../control/ports.js";
import type { Records, Transaction } from "./records.js";
import { TALLIED, type Tallied, type TallyRow } from "./schema.js";
import { statement } from "./statement.js";

export const LANES = 16;

const columns = TALLIED.map((name) => [name, sql.ref(name)] as const);

const add = statement<{ lane: number } & Record<Tallied, number>, never>((_db, v) => {
  const sums = sql.join(columns.map(([name, column]) => sql`${column} = ${column} + ${v[name]}`));
  return sql`update tallies set ${sums} where lane = ${v.lane}`;
});

const sum = statement<object, Omit<TallyRow, "lane">>(() => {
  const sums = sql.join(columns.map(([, column]) => sql`cast(sum(${column}) as bigint) as ${column}`));
  return sql<Omit<TallyRow, "lane">>`select ${sums} from tallies`;
});

const NOTHING = Object.fromEntries(TALLIED.map((name) => [name, 0])) as Record<Tallied, number>;

/** Counts a change. The last statement of its transaction: others may wait for the row. */
export async function tally({ db }: Transaction, change: Partial<Record<Tallied, number>>): Promise<void> {
  await add(db, { ...NOTHING, ...change, lane: Math.floor(Math.random() * LANES) });
}

export function totals(records: Records): Pick<Index, "totals"> {
  return {
    async totals() {
      const [row] = await records.read((db) => sum(db, {}));
      const { files, bytes, ...parcels } = row!;
      return { parcels, files, bytes };
    },
  };
}
