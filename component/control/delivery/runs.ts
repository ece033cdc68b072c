/** The offers that are out: of each parcel, and of each recipient. */
import type { BareJid } from "../../lib/jid.js";
import { Sets } from "../../lib/sets.js";
import type { Parcel, Resource } from "../ports.js";
import type { Run } from "./ladder.js";

/** Offers whose end nobody may ever report, 2 KB each: beyond, the oldest are withdrawn. Their links stay good. */
const MOST_RUNS = 5_000;

interface Out {
  readonly run: Run;
  readonly recipient: BareJid;
}

export class Runs {
  readonly #out = new Map<string, Out>();
  readonly #to = new Sets<BareJid, Run>();

  keep({ id, recipient }: Parcel, run: Run): void {
    if (this.#out.size >= MOST_RUNS) this.withdraw(this.#out.keys().next().value!);
    this.#out.set(id, { run, recipient });
    this.#to.add(recipient, run);
  }

  of(parcelId: string): Run | undefined {
    return this.#out.get(parcelId)?.run;
  }

  /** A client has come, or has changed: what was offered to an earlier stay of it has been forgotten by it. */
  shown(recipient: BareJid, client: Resource): void {
    for (const run of this.#to.of(recipient)) run.shown(client);
  }

  withdraw(parcelId: string): void {
    const out = this.#out.get(parcelId);
    if (!out) return;
    this.#out.delete(parcelId);
    this.#to.drop(out.recipient, out.run);
    out.run.withdraw();
  }

  stop(): void {
    for (const { run } of this.#out.values()) run.stop();
  }
}
