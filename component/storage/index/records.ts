/**
 * How a method of the index runs: as one transaction, repeated while it may be, and its errors translated when it may not.
 * Where there is one connection, all transactions of a turn of the event loop are committed as one: each commit waits for the disk.
 */
import { performance } from "node:perf_hooks";
import type { BareJid } from "../../lib/jid.js";
import { Refusal } from "../../lib/errors.js";
import { say } from "../../lib/said.js";
import { pause, systemClock, type Clock } from "../../lib/clock.js";
import { randomId } from "../../lib/ids.js";
import type { Log } from "../../lib/log.js";
import type { Engine, Nudge } from "./engine.js";
import type { Role } from "./schema.js";
import type { Db } from "./statement.js";

/** A transaction under way. */
export interface Transaction {
  readonly db: Db;
  /** To be told when, and only when, the transaction has been committed. */
  nudge(what: Nudge["what"], whom: BareJid): void;
}

export interface RecordsOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly role: Role;
  /** Milliseconds for which a locked database is tried again. */
  readonly patience: number;
}

const PAUSE = 5; // ms before the first repetition; then twice that, and so on up to
const LONGEST_PAUSE = 100;
/** ms in a row for which those who write may keep the process from everything else. */
const SPELL = 5;

type Work<T> = (transaction: Transaction) => Promise<T>;

/** A transaction that waits for others to share its commit with. */
interface Waiting {
  readonly durable: boolean;
  readonly work: Work<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class Records {
  /** This process, in the columns `holder`. */
  readonly me = randomId();
  readonly engine: Engine;
  readonly options: RecordsOptions;
  readonly listeners = new Set<(what: Nudge["what"], whom: BareJid) => void>();
  #db: Db | undefined;
  #down = false;
  #waiting: Waiting[] = [];

  constructor(engine: Engine, options: RecordsOptions) {
    this.engine = engine;
    this.options = options;
  }

  async open(): Promise<void> {
    this.#db = await this.#translated(() => this.engine.open());
  }

  async close(): Promise<void> {
    this.#db = undefined;
    await this.engine.close();
  }

  /** Runs queries that only read, or manage their own transactions. Each sees what was committed before it. */
  read<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.#translated(() => work(this.#opened()));
  }

  /** Runs a transaction; `work` may run several times, and must do nothing but queries and nudges. */
  write<T>(durable: boolean, work: Work<T>): Promise<T> {
    if (!this.engine.isSingle) return this.#alone(durable, work);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ durable, work, resolve: resolve as (answer: unknown) => void, reject });
      if (this.#waiting.length === 1) setImmediate(() => void this.#writeWaiting());
    });
  }

  /** Passes a nudge on to whoever listens in this process. */
  heard(nudge: Nudge): void {
    for (const listener of this.listeners)
      try {
        listener(nudge.what, nudge.whom);
      } catch (error) {
        this.options.log.error({ err: error }, "a listener for nudges failed");
      }
  }

  /** Never rejects. */
  async #writeWaiting(): Promise<void> {
    const group = this.#waiting;
    this.#waiting = [];
    const durable = group.some((one) => one.durable);
    const works = group.map(({ work }) => work);
    const answers = group.length > 1 ? await this.#transaction(durable, works).catch(() => []) : [];
    for (const [i, { work, durable, resolve, reject }] of group.entries())
      if (i < answers.length) resolve(answers[i]);
      // Whose fault it was that the group was rolled back shows when each runs by itself.
      else if (answers.length === 0) this.#alone(durable, work).then(resolve, reject);
      else this.write(durable, work).then(resolve, reject);
  }

  async #alone<T>(durable: boolean, work: Work<T>): Promise<T> {
    return (await this.#translated(() => this.#transaction(durable, [work])))[0] as T;
  }

  /** What the works answered, in order. The spell may be over before the last: the rest has not been done. */
  async #transaction(durable: boolean, works: readonly Work<unknown>[]): Promise<unknown[]> {
    const { engine } = this;
    const nudges: Nudge[] = [];
    const answers = await this.#opened()
      .connection()
      .execute(async (db) => {
        await engine.begin(db, durable);
        try {
          const done: unknown[] = [];
          for (const over = performance.now() + SPELL; done.length === 0 || performance.now() < over;) {
            const work = works[done.length];
            if (!work) break;
            done.push(await work({ db, nudge: (what, whom) => void nudges.push({ what, whom }) }));
          }
          await engine.commit(db);
          return done;
        } catch (error) {
          await engine.rollback(db);
          throw error;
        }
      });
    if (nudges.length > 0) {
      engine.announce(nudges);
      for (const nudge of nudges) this.heard(nudge);
    }
    return answers;
  }

  #opened(): Db {
    if (!this.#db) throw new Refusal("index-down", {}, { cause: new Error("the index is not started") });
    return this.#db;
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    const { log, patience } = this.options;
    const deadline = performance.now() + patience;
    for (let wait = PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      try {
        const result = await work();
        if (this.#down) log.info({ database: this.engine.name }, "the index answers again");
        this.#down = false;
        return result;
      } catch (error) {
        if (error instanceof Refusal) throw error;
        const trouble = this.engine.diagnose(error);
        if (trouble === undefined) throw error;
        if (trouble === "again" && performance.now() + wait < deadline) {
          await pause(systemClock, wait * (0.5 + Math.random()));
          continue;
        }
        if (!this.#down) log.error({ err: error, database: this.engine.name }, "the index does not answer");
        this.#down = true;
        // The sentence about a full disk names what was to be kept; here that is a record.
        throw trouble === "full"
          ? new Refusal("disk-full", { name: say("that-record") }, { cause: error })
          : new Refusal("index-down", {}, { cause: error });
      }
    }
  }
}
