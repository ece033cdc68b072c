/**
 * Which processes live. Rows name the process that has them in hand; when that one is gone, another takes them.
 * It is gone when it has not said for a while that it lives, or at once when this host can see that it has ended.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Index } from "../../control/ports.js";
import type { Records, Transaction } from "./records.js";
import type { ProcessRow } from "./schema.js";
import { statement } from "./statement.js";

const put = statement<ProcessRow, never>((db, v) =>
  db
    .insertInto("processes")
    .values({ id: v.id, role: v.role, host: v.host, pid: v.pid, born: v.born, beat: v.beat })
    .onConflict((c) => c.column("id").doUpdateSet({ beat: v.beat }))
    .$castTo<never>(),
);
const here = statement<{ host: string }, ProcessRow>((db, v) => db.selectFrom("processes").selectAll().where("host", "=", v.host)); // prettier-ignore
const others = statement<{ me: string }, { count: number }>((db, v) =>
  db
    .selectFrom("processes")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("role", "=", "server")
    .where("id", "<>", v.me),
);
const bury = statement<{ id: string }, never>((db, v) => db.deleteFrom("processes").where("id", "=", v.id).$castTo<never>()); // prettier-ignore
const buryServers = statement<object, never>((db) => db.deleteFrom("processes").where("role", "=", "server").$castTo<never>()); // prettier-ignore
const burySilent = statement<{ me: string; before: number }, never>((db, v) =>
  db.deleteFrom("processes").where("beat", "<", v.before).where("id", "<>", v.me).$castTo<never>(),
);

/** What a pid means is a matter of the machine, of its start, and of the container. */
function thisHost(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${hostname()} ${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname(); // not Linux
  }
}

/** When a process began, in the kernel's own measure; "" when that cannot be seen, undefined when it has ended. */
function birth(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  try {
    // proc(5): "pid (name) state …"; the name may hold anything, also ")". The start is field 22.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? undefined : fields[18];
  } catch {
    return ""; // not Linux, or hidden from us
  }
}

function hasEnded({ pid, born }: ProcessRow): boolean {
  const now = birth(pid);
  return now === undefined || (now !== "" && born !== "" && now !== born);
}

/** The row of this process. */
function self(records: Records, beat: number): ProcessRow {
  const { pid } = process;
  return { id: records.me, role: records.options.role, host: thisHost(), pid, born: birth(pid) ?? "", beat };
}

async function buryDead({ db }: Transaction, host: string): Promise<void> {
  for (const row of await here(db, { host })) if (hasEnded(row)) await bury(db, row);
}

/** Enters this process. `alone`: it is certain that no other server lives. */
export async function enter(records: Records, alone: boolean): Promise<void> {
  const me = self(records, records.options.clock.now());
  await records.write(false, async (transaction) => {
    if (alone) await buryServers(transaction.db, {});
    await buryDead(transaction, me.host);
    await put(transaction.db, me);
  });
}

/** Whatever this process held is free for others from now on. */
export async function leave(records: Records): Promise<void> {
  await records.write(false, ({ db }) => bury(db, { id: records.me }));
}

export function processes(records: Records): Pick<Index, "beat" | "onNudge"> {
  return {
    async beat(now, deadAfter) {
      const me = self(records, now);
      return records.write(false, async (transaction) => {
        await put(transaction.db, me);
        await burySilent(transaction.db, { me: records.me, before: now - deadAfter });
        await buryDead(transaction, me.host);
        return (await others(transaction.db, { me: records.me }))[0]!.count;
      });
    },
    onNudge(listener) {
      records.listeners.add(listener);
      return () => void records.listeners.delete(listener);
    },
  };
}
