/** Parcels coming into being and changing: each change with its row of history and all that follows from it, or not at all. */
import { sql } from "kysely";
import type { FileMark, Index, Instant, KeptFile, Parcel, ParcelStep, ParcelState } from "../../control/ports.js";
import { isOpen } from "../../control/parcel.js";
import { Refusal } from "../../lib/errors.js";
import { randomId } from "../../lib/ids.js";
import type { BareJid } from "../../lib/jid.js";
import { say } from "../../lib/said.js";
import { takeNumber } from "./contacts.js";
import { endParcelLinks, insertLink } from "./links.js";
import { nameKey } from "./names.js";
import { queue } from "./notices.js";
import type { Records, Transaction } from "./records.js";
import { toParcel } from "./rows.js";
import type { HistoryTable, ParcelRow } from "./schema.js";
import { locksRows, statement } from "./statement.js";
import { tally } from "./tallies.js";

/** The file must not go while its parcel comes, and its mark not change. */
const holdFile = statement<{ id: string }, { mark: FileMark }>((db, v) =>
  db
    .selectFrom("files")
    .select("mark")
    .where("id", "=", v.id)
    .$if(locksRows(db), (q) => q.forShare()),
);
const insert = statement<Omit<ParcelRow, "state" | "method" | "tries" | "version" | "holder">, ParcelRow>((db, v) =>
  db
    .insertInto("parcels")
    .values({
      id: v.id,
      file_id: v.file_id,
      sender: v.sender,
      recipient: v.recipient,
      sender_number: v.sender_number,
      number: v.number,
      name: v.name,
      name_key: v.name_key,
      size: v.size,
      media_type: v.media_type,
      sha256: v.sha256,
      state: "waiting",
      method: "",
      tries: 0,
      version: 1,
      since: v.since,
      changed: v.changed,
      until: v.until,
      mark: v.mark,
      summary: v.summary,
      via: v.via,
      holder: null,
    })
    .returningAll(),
);
type Change = Pick<ParcelRow, "id" | "version" | "state" | "method" | "tries" | "changed" | "holder">;
const update = statement<Change, ParcelRow>((db, v) =>
  db
    .updateTable("parcels")
    .set({
      state: v.state,
      method: v.method,
      tries: v.tries,
      changed: v.changed,
      holder: v.holder,
      version: sql`version + 1`,
    })
    .where("id", "=", v.id)
    .where("version", "=", v.version)
    .returningAll(),
);
const record = statement<HistoryTable, never>((db, v) =>
  db
    .insertInto("history")
    .values({
      parcel_id: v.parcel_id,
      seq: v.seq,
      at: v.at,
      from_state: v.from_state,
      to_state: v.to_state,
      event: v.event,
      detail: v.detail,
    })
    .$castTo<never>(),
);
const claim = statement<{ me: string; limit: number }, ParcelRow>((db, v) =>
  db
    .with("lost", (cte) =>
      cte
        .selectFrom("parcels")
        .select("id")
        .where("holder", "is not", null)
        .where("holder", "<>", v.me)
        .where("holder", "not in", cte.selectFrom("processes").select("id"))
        .limit(v.limit)
        .$if(locksRows(db), (q) => q.forUpdate().skipLocked()),
    )
    .updateTable("parcels")
    .set({ holder: v.me })
    .where("id", "in", (e) => e.selectFrom("lost").select("id"))
    .returningAll(),
);

// Before the parcel: whoever writes to both begins with the file, so that nobody waits in a circle.
const ripen = statement<{ id: string }, never>((db, v) =>
  db.updateTable("files").set({ ripe: 1 }).where("id", "=", v.id).where("once", "=", 1).$castTo<never>(),
);

const ENDS: readonly ParcelState[] = ["delivered", "withdrawn"];

/** What was said of the file while the parcel was over. */
const remark = statement<{ id: string; mark: FileMark }, ParcelRow>((db, v) =>
  db.updateTable("parcels").set({ mark: v.mark }).where("id", "=", v.id).returningAll(),
);

/** Offers and moving bytes are told again when a loss of power has taken them back. */
const isDurable = ({ to }: ParcelStep): boolean => to !== "offered" && to !== "moving";

/** Makes a parcel as part of a transaction that knows the file to be there, and tallies it. */
export async function insertParcel(
  transaction: Transaction,
  file: KeptFile,
  recipient: BareJid,
  at: Instant,
  until: Instant,
  { summary = "", via = "" }: Partial<Pick<Parcel, "summary" | "via">> = {},
): Promise<Parcel> {
  const { db } = transaction;
  const number = (await takeNumber(transaction, recipient, at))!;
  const [row] = await insert(db, {
    id: randomId(), file_id: file.id, sender: file.owner, recipient, sender_number: file.number, number,
    name: file.name, name_key: nameKey(file.name), size: file.size, media_type: file.mediaType, sha256: file.sha256,
    since: at, changed: at, until, mark: file.mark, summary, via,
  }); // prettier-ignore
  await record(db, {
    parcel_id: row!.id,
    seq: 1,
    at,
    from_state: "",
    to_state: "waiting",
    event: "create",
    detail: "",
  });
  transaction.nudge("parcels", recipient);
  return toParcel(row!);
}

export function steps(records: Records): Pick<Index, "createParcel" | "step" | "steps" | "abandonedParcels"> {
  const { me } = records;

  async function apply(transaction: Transaction, step: ParcelStep): Promise<Parcel | undefined> {
    const { db } = transaction;
    const { parcel, to, event, detail, at, link } = step;
    if (ENDS.includes(to)) await ripen(db, { id: parcel.fileId });
    const isBack = to === "waiting" && !isOpen(parcel.state);
    const [file] = isBack ? await holdFile(db, { id: parcel.fileId }) : [];
    if (isBack && !file) throw new Refusal("no-such-parcel", { which: say("by-number", { number: parcel.number }) });
    const [changed] = await update(db, {
      id: parcel.id,
      version: parcel.version,
      state: to,
      method: step.method ?? parcel.method,
      tries: parcel.tries + (event === "offer" ? 1 : 0),
      changed: at,
      holder: step.hold ? me : null,
    });
    if (!changed) return undefined;
    const row = file ? (await remark(db, { id: changed.id, mark: file.mark }))[0]! : changed;
    await record(db, { parcel_id: row.id, seq: row.version, at, from_state: parcel.state, to_state: to, event, detail }); // prettier-ignore
    if (step.endLinks) await endParcelLinks(transaction, row.id);
    if (link) await insertLink(transaction, link);
    await queue(transaction, step.notices);
    if (to !== parcel.state) await tally(transaction, { [parcel.state]: -1, [to]: 1 });
    if (to === "waiting") transaction.nudge("parcels", parcel.recipient);
    return toParcel(row);
  }

  return {
    async createParcel(file, recipient, at, until, more) {
      return records.write(true, async (transaction) => {
        const [held] = await holdFile(transaction.db, { id: file.id });
        if (!held) throw new Refusal("no-such-file", { which: file.number });
        const parcel = await insertParcel(transaction, { ...file, ...held }, recipient, at, until, more);
        await tally(transaction, { waiting: 1 });
        return parcel;
      });
    },

    async step(step) {
      return records.write(isDurable(step), (transaction) => apply(transaction, step));
    },

    async steps(all) {
      return records.write(all.some(isDurable), async (transaction) => {
        const parcels: (Parcel | undefined)[] = [];
        for (const step of all) parcels.push(await apply(transaction, step));
        return parcels;
      });
    },

    async abandonedParcels(limit) {
      return (await records.write(false, ({ db }) => claim(db, { me, limit }))).map(toParcel);
    },
  };
}
