/** The different values of an indexed column, in order, each found by one seek: `distinct` would read all rows between them. */
import { sql, type RawBuilder } from "kysely";

/**
 * `with recursive different (value, nth) as (…)`: at most `limit` values greater than `after`.
 * @param where the condition of the partial index; SQL of our own, not a value
 */
export function different(
  table: string,
  column: string,
  where: string,
  { after, limit }: { after: string; limit: number },
): RawBuilder<unknown> {
  const next = (than: RawBuilder<unknown>) =>
    sql`select ${sql.ref(column)} from ${sql.table(table)} where ${sql.raw(where)} and ${sql.ref(column)} > ${than} order by ${sql.ref(column)} limit 1`;
  return sql`with recursive found (value, nth) as (
      select (${next(sql`${after}`)}), 1
      union all
      select (${next(sql`found.value`)}), nth + 1 from found where value is not null and nth < ${limit}
    ), different (value) as (select value from found where value is not null)`;
}
