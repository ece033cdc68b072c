/** The offers that are out: of each parcel, and of each recipient. */
import type { BareJid } from "../../lib/jid.js";
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
  readonly #to = new Map<BareJid, Set<Run>>();

  keep({ id, recipient }: Parcel, run: Run): void {
    if (this.#out.size >= MOST_RUNS) this.withdraw(this.#out.keys().next().value!);
    this.#out.set(id, { run, recipient });
    const others = this.#to.get(recipient);
    if (others) others.add(run);
    else this.#to.set(recipient, new Set([run]));
  }

  of(parcelId: string): Run | undefined {
    return this.#out.get(parcelId)?.run;
  }

  /** A client has come, or has changed: what was offered to an earlier stay of it has been forgotten by it. */
  shown(recipient: BareJid, client: Resource): void {
    for (const run of this.#to.get(recipient) ?? []) run.shown(client);
  }

  withdraw(parcelId: string): void {
    const out = this.#out.get(parcelId);
    if (!out) return;
    this.#out.delete(parcelId);
    const others = this.#to.get(out.recipient)!;
    others.delete(out.run);
    if (others.size === 0) this.#to.delete(out.recipient);
    out.run.withdraw();
  }

  stop(): void {
    for (const { run } of this.#out.values()) run.stop();
  }
}
