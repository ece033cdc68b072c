/** What differs between the databases. Everything else in this folder is the same for both. */
import type { BareJid } from "../../lib/jid.js";
import type { Db } from "./statement.js";

export type Dialect = "sqlite" | "postgres";

/** Something was queued for somebody. */
export interface Nudge {
  readonly what: "notices" | "parcels";
  readonly whom: BareJid;
}

/**
 * What an error of the database means: "again": nothing was done, and the same may succeed in a moment;
 * "down": it does not answer; "full": its disk is. undefined: none of these, so somebody made a mistake.
 */
export type Trouble = "again" | "down" | "full" | undefined;

export interface Engine {
  readonly dialect: Dialect;
  /** The database, for people and the log; no password. */
  readonly name: string;
  /** Whether there is one connection for all. */
  readonly isSingle: boolean;
  /** Connects. The tables may not be there yet. */
  open(): Promise<Db>;
  /** Ends all connections. Nothing is under way any more. */
  close(): Promise<void>;
  begin(db: Db, durable: boolean): Promise<void>;
  commit(db: Db): Promise<void>;
  /** Never rejects. */
  rollback(db: Db): Promise<void>;
  diagnose(error: unknown): Trouble;
  /** From now on this process alone serves the database. Rejects with {@link InUse}. Answers whether that is so: PostgreSQL may have many. */
  serveAlone(): boolean;
  /** Tells the other processes. Without promise: who listens must also look by himself now and then. */
  announce(nudges: readonly Nudge[]): void;
  /** Hears what other processes announce. Called once, after `open`. */
  hear(listener: (nudge: Nudge) => void): void;
}

/** Code and message of whatever was thrown: drivers differ in what they take for an error. */
export function factsOf(thrown: unknown): { code: string; message: string } {
  const { code, message } = Object(thrown) as { code?: unknown; message?: unknown };
  return { code: typeof code === "string" ? code : "", message: typeof message === "string" ? message : "" };
}

/** Another process serves the same database, and that database can have only one. The message is for the operator. */
export class InUse extends Error {
  override readonly name = "InUse";
}
