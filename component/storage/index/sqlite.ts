/**
 * SQLite, for one machine. One connection: SQLite has one writer at a time anyway, and a call takes microseconds.
 * The write-ahead log is synchronised at each durable commit (synchronous = FULL) and left to the next one otherwise (NORMAL):
 * switching costs 3 µs, a second connection would contend with the first for the lock.
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Database from "libsql";
import { Kysely, SqliteAdapter, SqliteDialect, type SqliteDatabase } from "kysely";
import { factsOf, InUse, type Engine, type Trouble } from "./engine.js";
import type { Schema } from "./schema.js";
import type { Db } from "./statement.js";

/** How long a call may stand still for a lock, in ms; the rest of the waiting is done without blocking the process. */
const BLOCKED = 10;
/** Statements kept prepared: more than this folder has. */
const PREPARED = 300;

export class SqliteEngine implements Engine {
  readonly dialect = "sqlite";
  readonly isSingle = true;
  readonly name: string;
  readonly #path: string;
  #file: Database.Database | undefined;
  #lock: Database.Database | undefined;
  #db: Db | undefined;
  readonly #prepared = new Map<string, Database.Statement>();
  #synchronous = "";

  /** @param path a file, or ":memory:" for records that end with the process */
  constructor(path: string) {
    this.#path = path === ":memory:" ? path : resolve(path);
    this.name = `sqlite:${this.#path}`;
  }

  async open(): Promise<Db> {
    if (this.#path !== ":memory:") {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      // Who talks to whom is nobody else's business; the log and its index get the same mode from SQLite.
      closeSync(openSync(this.#path, "a", 0o600));
    }
    const file = new Database(this.#path, { timeout: BLOCKED });
    this.#file = file;
    for (const pragma of [
      "journal_mode = wal",
      "foreign_keys = on",
      "cache_size = -16384",
      "journal_size_limit = 67108864",
    ])
      file.exec(`pragma ${pragma}`);
    const database: SqliteDatabase = {
      prepare: (sql) => this.#statement(sql),
      close: () => file.close(),
    };
    this.#db = new Kysely<Schema>({ dialect: new Dialect({ database }) });
    return this.#db;
  }

  async close(): Promise<void> {
    this.#prepared.clear();
    this.#synchronous = "";
    await this.#db?.destroy();
    if (this.#file?.open) this.#file.close(); // Kysely closes only what it has used
    this.#db = this.#file = undefined;
    this.#release();
  }

  async begin(_db: Db, durable: boolean): Promise<void> {
    const wanted = durable ? "full" : "normal";
    // Not as a prepared statement: SQLite obeys this pragma while it compiles it.
    if (this.#synchronous !== wanted) this.#opened().exec(`pragma synchronous = ${wanted}`);
    this.#synchronous = wanted;
    // At once as a writer: one that begins as a reader can fail in the middle.
    this.#run("begin immediate");
  }

  async commit(): Promise<void> {
    this.#run("commit");
  }

  async rollback(): Promise<void> {
    // Some errors (a full disk) have rolled back by themselves.
    if (this.#file?.inTransaction) this.#run("rollback");
  }

  diagnose(error: unknown): Trouble {
    const { code, message } = factsOf(error);
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return "again";
    if (code === "SQLITE_FULL" || code === "ENOSPC") return "full";
    if (/^SQLITE_(IOERR|CANTOPEN|READONLY|NOTADB|CORRUPT|PROTOCOL|PERM|NOMEM|INTERRUPT)/.test(code)) return "down";
    // The driver gives no code when it cannot open the file.
    if (/Unable to open connection|not open/.test(message)) return "down";
    return /^E[A-Z]+$/.test(code) ? "down" : undefined; // from the folder
  }

  /** By a lock on an empty file beside the database: the kernel takes it back when the process ends, however it ends. */
  serveAlone(): boolean {
    if (this.#path === ":memory:") return true;
    const lock = new Database(`${this.#path}-serving`, { timeout: 0 });
    try {
      lock.exec("begin exclusive");
    } catch (cause) {
      lock.close();
      if (this.diagnose(cause) !== "again") throw cause;
      throw new InUse(
        `${this.#path} is served by another process already. Stop that one first; for several processes at once use PostgreSQL.`,
        { cause },
      );
    }
    this.#lock = lock;
    return true;
  }

  announce(): void {
    // There is no other server, and a tool does not listen.
  }

  hear(): void {
    // Nothing to hear: see `announce`.
  }

  #release(): void {
    if (!this.#lock) return;
    this.#lock.exec("rollback");
    this.#lock.close();
    this.#lock = undefined;
  }

  #opened(): Database.Database {
    if (!this.#file) throw new Error("the database is not open");
    return this.#file;
  }

  #run(sql: string): void {
    this.#statement(sql).run([]);
  }

  #statement(sql: string): Database.Statement {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      if (this.#prepared.size >= PREPARED) this.#prepared.clear();
      this.#prepared.set(sql, (statement = this.#opened().prepare(sql)));
    }
    return statement;
  }
}

/** Kysely's, but for migrations that are all or nothing: SQLite can do that. */
class Dialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new Adapter();
  }
}

class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
