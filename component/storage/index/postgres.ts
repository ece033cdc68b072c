/**
 * PostgreSQL, for many processes. A transaction that need not survive the loss of power commits without waiting
 * for the disk (synchronous_commit = off). Queries are not prepared by name, so that a pooler may stand between.
 */
import pg from "pg";
import { CompiledQuery, Kysely, PostgresDialect, type PostgresPoolClient } from "kysely";
import { pause, type Clock } from "../../lib/clock.js";
import { randomId } from "../../lib/ids.js";
import { loggable, type Log } from "../../lib/log.js";
import type { BareJid } from "../../lib/jid.js";
import { factsOf, type Engine, type Nudge, type Trouble } from "./engine.js";
import type { Schema } from "./schema.js";
import type { Db } from "./statement.js";

const CONNECTIONS = 10;
const STATEMENT = 15_000; // ms
const CHANNEL = "restante";
const RECONNECT = { first: 100, longest: 5_000 }; // ms

const BEGIN = {
  durable: CompiledQuery.raw("begin"),
  quick: CompiledQuery.raw("begin; set local synchronous_commit = off"),
};
const COMMIT = CompiledQuery.raw("commit");
const ROLLBACK = CompiledQuery.raw("rollback");

/** PostgreSQL's error codes (appendix A), by what they mean for us. */
const AGAIN = /^(40001|40P01)$/; // serialization failure, deadlock: rolled back as a whole
const FULL = /^53100$/;
const DOWN = /^(08|53|57|58|28|3D|F0|XX|55P03|25P03|25006)/;

/** What the driver and the system say of a connection that failed. */
const LOST = {
  code: /^(E[A-Z]{3,}(_[A-Z]+)*|ERR_(SSL|TLS|SOCKET)\w*)$/,
  message:
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable|already been destroyed|after calling end|does not support SSL/i,
};

export interface PostgresOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Milliseconds to wait for a connection. */
  readonly patience: number;
}

export class PostgresEngine implements Engine {
  readonly dialect = "postgres";
  readonly isSingle = false;
  readonly name: string;
  readonly #config: pg.ClientConfig;
  readonly #options: PostgresOptions;
  /** Tells our own announcements from those of others. */
  readonly #origin = randomId();
  #stopping = new AbortController();
  readonly #unsaid = new Set<string>();
  #pool: pg.Pool | undefined;
  #db: Db | undefined;
  #saying: Promise<void> | undefined;
  #hearing: Promise<void> | undefined;

  constructor(url: string, options: PostgresOptions) {
    this.name = loggable(url);
    this.#options = options;
    this.#config = {
      connectionString: url,
      application_name: "restante",
      connectionTimeoutMillis: options.patience,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: { getTypeParser: parserOf },
    };
  }

  async open(): Promise<Db> {
    const { log } = this.#options;
    const pool = new pg.Pool({
      ...this.#config,
      max: CONNECTIONS,
      statement_timeout: STATEMENT,
      idle_in_transaction_session_timeout: STATEMENT,
      query_timeout: STATEMENT + 5_000, // for a server that has vanished and says nothing
    });
    // An idle connection was lost: the pool has dropped it, and the next query gets a new one.
    pool.on("error", (err) => log.warn({ err, database: this.name }, "lost a connection to the database"));
    // While a connection is in use the pool does not listen, and an error that nobody hears ends the process. The query fails by itself.
    pool.on("connect", (client) => client.on("error", (err) => log.debug({ err }, "lost a connection in use")));
    this.#pool = pool;
    this.#stopping = new AbortController();
    this.#db = new Kysely<Schema>({
      dialect: new PostgresDialect({ pool: { connect: () => careful(pool), end: () => pool.end() } }),
    });
    return this.#db;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#hearing;
    await this.#saying;
    await this.#db?.destroy();
    if (this.#pool && !this.#pool.ending) await this.#pool.end(); // Kysely ends only what it has used
    this.#db = this.#pool = undefined;
  }

  async begin(db: Db, durable: boolean): Promise<void> {
    await db.executeQuery(durable ? BEGIN.durable : BEGIN.quick);
  }

  async commit(db: Db): Promise<void> {
    await db.executeQuery(COMMIT);
  }

  async rollback(db: Db): Promise<void> {
    await db.executeQuery(ROLLBACK).catch(() => undefined); // the connection is gone, and the transaction with it
  }

  diagnose(error: unknown): Trouble {
    const { code, message } = factsOf(error);
    if (AGAIN.test(code)) return "again";
    if (FULL.test(code)) return "full";
    if (DOWN.test(code) || LOST.code.test(code) || LOST.message.test(message)) return "down";
    return undefined;
  }

  serveAlone(): boolean {
    return false;
  }

  announce(nudges: readonly Nudge[]): void {
    for (const { what, whom } of nudges) this.#unsaid.add(JSON.stringify([this.#origin, what, whom]));
    this.#saying ??= this.#say();
  }

  hear(listener: (nudge: Nudge) => void): void {
    this.#hearing = this.#listen(listener);
  }

  /** One query for all that has gathered meanwhile. */
  async #say(): Promise<void> {
    while (this.#unsaid.size > 0 && this.#pool) {
      const payloads = [...this.#unsaid];
      this.#unsaid.clear();
      await this.#pool
        .query(`select pg_notify('${CHANNEL}', payload) from unnest($1::text[]) payload`, [payloads])
        .catch((err: unknown) => this.#options.log.debug({ err }, "could not tell the other processes"));
    }
    this.#saying = undefined;
  }

  /** Listens on a connection of its own, and comes back when that is lost. */
  async #listen(listener: (nudge: Nudge) => void): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    let wait = RECONNECT.first;
    while (!signal.aborted) {
      const client = new pg.Client(this.#config);
      let end = (): void => undefined;
      const lost = new Promise<void>((resolve) => (end = resolve));
      client.once("end", end);
      client.on("error", (err) => {
        log.debug({ err }, "the listening connection failed");
        end();
      });
      signal.addEventListener("abort", end);
      client.on("notification", ({ payload }) => {
        const [origin, what, whom] = JSON.parse(payload ?? "[]") as [string, Nudge["what"], BareJid];
        if (origin !== this.#origin) listener({ what, whom });
      });
      try {
        await client.connect();
        await client.query(`listen ${CHANNEL}`);
        wait = RECONNECT.first;
        await lost;
      } catch (err) {
        log.debug({ err }, "cannot listen for other processes");
      }
      signal.removeEventListener("abort", end);
      await client.end().catch(() => undefined);
      await pause(clock, wait, signal).catch(() => undefined);
      wait = Math.min(2 * wait, RECONNECT.longest);
    }
  }
}

/** A connection that goes back to the pool only when it can still be used: after a time-out it may be waiting for an answer that never comes. */
async function careful(pool: pg.Pool): Promise<PostgresPoolClient> {
  const client = await pool.connect();
  let broken = false;
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(sql, [...parameters]);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) broken = true;
      throw error;
    }
  };
  return { query, release: () => client.release(broken) } as PostgresPoolClient;
}

/** bigint and numeric come as text: all of ours are safe integers. */
function parserOf(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  const { INT8, NUMERIC } = pg.types.builtins;
  if (oid === (INT8 as number) || oid === (NUMERIC as number)) return Number;
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
}
