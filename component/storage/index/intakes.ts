/** Files on their way in. An intake belongs to one process; only that one can end it, and whoever deletes its row has ended it. */
import { sql } from "kysely";
import type { Index, Intake, KeptFile } from "../../control/ports.js";
import { Refusal } from "../../lib/errors.js";
import { say } from "../../lib/said.js";
import { doom } from "./blobs.js";
import { takeRoom } from "./contacts.js";
import { fileById } from "./files.js";
import { insertFile } from "./keeping.js";
import { keepable } from "./names.js";
import { queue } from "./notices.js";
import type { Records, Transaction } from "./records.js";
import { toCutIntake, toFile, toIntake } from "./rows.js";
import type { IntakeRow } from "./schema.js";
import { locksRows, statement } from "./statement.js";
import { tally } from "./tallies.js";
import { useSlot } from "./upload-rights.js";

const put = statement<IntakeRow, never>((db, v) =>
  db
    .insertInto("intakes")
    .values({
      id: v.id,
      owner: v.owner,
      method: v.method,
      source: v.source,
      name: v.name,
      blob_key: v.blob_key,
      since: v.since,
      holder: v.holder,
      size: v.size,
      sha256: v.sha256,
      recipients: v.recipients,
      via: v.via,
      held: v.held,
      until: v.until,
    })
    .$castTo<never>(),
);
const end = statement<{ id: string; holder: string }, IntakeRow>((db, v) =>
  db.deleteFrom("intakes").where("id", "=", v.id).where("holder", "=", v.holder).returningAll(),
);
const claim = statement<{ me: string; limit: number }, IntakeRow>((db, v) =>
  db
    .with("lost", (cte) =>
      cte
        .selectFrom("intakes")
        .select("id")
        .where("until", "is", null)
        .where("holder", "<>", v.me)
        .where("holder", "not in", cte.selectFrom("processes").select("id"))
        .orderBy("since")
        .limit(v.limit)
        .$if(locksRows(db), (q) => q.forUpdate().skipLocked()),
    )
    .updateTable("intakes")
    .set({ holder: v.me })
    .where("id", "in", (e) => e.selectFrom("lost").select("id"))
    .returningAll(),
);
const rest = statement<{ id: string; holder: string; held: number; until: number }, { id: string }>((db, v) =>
  db
    .updateTable("intakes")
    .set({ held: v.held, until: v.until, holder: "" })
    .where("id", "=", v.id)
    .where("holder", "=", v.holder)
    .returning("id"),
);
const cut = statement<{ owner: string; limit: number }, IntakeRow>((db, v) =>
  db
    .selectFrom("intakes")
    .selectAll()
    .where("owner", "=", v.owner)
    .where("until", "is not", null)
    .orderBy("since", "desc")
    .limit(v.limit),
);
type Resumed = Pick<IntakeRow, "id" | "holder" | "sha256" | "recipients" | "via"> & { now: number };
const resume = statement<Resumed, { id: string }>((db, v) =>
  db
    .updateTable("intakes")
    .set({ until: null, holder: v.holder, sha256: v.sha256, recipients: v.recipients, via: v.via })
    .where("id", "=", v.id)
    .where("until", ">", v.now)
    .returning("id"),
);
const dropCut = statement<{ id: string }, IntakeRow>((db, v) =>
  db.deleteFrom("intakes").where("id", "=", v.id).where("until", "is not", null).returningAll(),
);
const dropEnded = statement<{ now: number; limit: number }, IntakeRow>((db, v) =>
  db
    .with("over", (cte) => cte.selectFrom("intakes").select("id").where("until", "<=", v.now).orderBy("until").limit(v.limit))
    .deleteFrom("intakes")
    .where("id", "in", (e) => e.selectFrom("over").select("id"))
    .where("until", "is not", null)
    .returningAll(),
); // prettier-ignore
const share = statement<{ sha256: string; key: string; size: number }, { key: string }>(
  (_db, v) => sql<{ key: string }>`
    insert into blobs (sha256, key, size, refs) values (${v.sha256}, ${v.key}, ${v.size}, 1)
    on conflict (sha256) do update set refs = blobs.refs + 1 returning key`,
);

type Intakes = Pick<
  Index,
  | "beginIntake"
  | "keep"
  | "dropIntake"
  | "abandonedIntakes"
  | "restIntake"
  | "cutIntakes"
  | "resumeIntake"
  | "dropCutIntakes"
>;

export function intakes(records: Records): Intakes {
  const { me } = records;
  const { clock } = records.options;

  /** When the row is gone: the file that it became. A caller may repeat a `keep` whose answer was lost. */
  async function alreadyKept({ db }: Transaction, intake: Intake): Promise<KeptFile> {
    const [row] = await fileById(db, { id: intake.id });
    if (row) return toFile(row);
    throw new Refusal("wrong-state", { which: intake.name, state: say("given-up") });
  }

  return {
    async beginIntake({
      id,
      owner,
      method,
      source,
      name,
      blobKey,
      since,
      size = null,
      sha256 = null,
      recipients = [],
      via = "",
    }) {
      const row = {
        id,
        owner,
        method,
        source: keepable(source),
        name: keepable(name),
        blob_key: blobKey,
        since,
        holder: me,
        size,
        sha256,
        recipients: JSON.stringify(recipients),
        via,
        held: 0,
        until: null,
      };
      await records.write(true, ({ db }) => put(db, row));
    },

    async keep(intake, { sha256, size }, fresh, quota, notices) {
      return records.write(true, async (transaction) => {
        const { db } = transaction;
        const [ended] = await end(db, { id: intake.id, holder: me });
        if (!ended) return alreadyKept(transaction, intake);
        const since = clock.now();
        const [blob] = await share(db, { sha256, key: ended.blob_key, size });
        if (blob!.key !== ended.blob_key) await doom(transaction, ended.blob_key, since);
        const number = await takeRoom(transaction, intake.owner, since, { name: fresh.name, size }, quota);
        const file = await insertFile(transaction, { id: intake.id, owner: intake.owner, number, sha256, size, since }, fresh); // prettier-ignore
        if (fresh.slot !== undefined) await useSlot(transaction, fresh.slot, file);
        await queue(transaction, notices(file));
        await tally(transaction, { files: 1, bytes: size, waiting: fresh.recipients?.length ?? 0 });
        return file;
      });
    },

    async dropIntake(id, notices) {
      await records.write(true, async (transaction) => {
        const [ended] = await end(transaction.db, { id, holder: me });
        if (!ended) return;
        await doom(transaction, ended.blob_key, clock.now());
        await queue(transaction, notices);
      });
    },

    async abandonedIntakes(limit) {
      const rows = await records.write(false, ({ db }) => claim(db, { me, limit }));
      return rows.sort((a, b) => a.since - b.since).map(toIntake);
    },

    async restIntake(id, held, until, notices) {
      await records.write(true, async (transaction) => {
        const [rested] = await rest(transaction.db, { id, holder: me, held, until });
        if (rested) await queue(transaction, notices);
      });
    },

    async cutIntakes(owner, limit) {
      return (await records.read((db) => cut(db, { owner, limit }))).map(toCutIntake);
    },

    async resumeIntake({ id, sha256 = null, recipients = [], via = "" }) {
      const values = { id, now: clock.now(), holder: me, sha256, recipients: JSON.stringify(recipients), via };
      return (await records.write(true, ({ db }) => resume(db, values))).length > 0;
    },

    async dropCutIntakes(which, limit) {
      return records.write(true, async (transaction) => {
        const { db } = transaction;
        const rows = "id" in which ? await dropCut(db, which) : await dropEnded(db, { now: which.endedBy, limit });
        for (const row of rows) await doom(transaction, row.blob_key, clock.now());
        return rows.length;
      });
    },
  };
}
