/**
 * How often strangers are written to: by one member, and one stranger by everybody together, within a day. In memory only: after a restart
 * it is counted anew, which lets nobody write to the same stranger about files twice, because that one is on record as invited by then.
 */
import type { Clock } from "../../lib/clock.js";
import { Refusal } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import { PerDay } from "../../lib/per-day.js";

const MOST = 20_000;

export interface InvitationLimits {
  /** By one member. */
  readonly invitations: number;
  /** To one stranger. */
  readonly invited: number;
}

export class Invitations {
  readonly #limits: InvitationLimits;
  readonly #by: PerDay<BareJid, BareJid>;
  readonly #to: PerDay<BareJid, BareJid>;
  /** Strangers who are being written to for the first time. */
  readonly #first = new Map<BareJid, Promise<void>>();

  constructor(limits: InvitationLimits, clock: Clock) {
    this.#limits = limits;
    this.#by = new PerDay(clock, MOST);
    this.#to = new PerDay(clock, MOST);
  }

  /** Counts one. A `file` for somebody to whom the same sender has written today costs nothing. @throws Refusal "too-many-invitations" */
  take(sender: BareJid, recipient: BareJid, what: "file" | "words"): void {
    const by = this.#by.of(sender);
    if (what === "file" && by.includes(recipient)) return;
    if (by.length >= this.#limits.invitations || this.#to.of(recipient).length >= this.#limits.invited)
      throw new Refusal("too-many-invitations", { who: recipient });
    this.#by.add(sender, recipient);
    this.#to.add(recipient, sender);
  }

  /** Writes to a stranger when nobody else is about to: `write` has to look whether he still is one. */
  async inTurn(stranger: BareJid, write: () => Promise<void>): Promise<void> {
    const mine = Promise.resolve(this.#first.get(stranger)).then(write, write);
    this.#first.set(stranger, mine);
    try {
      await mine;
    } finally {
      if (this.#first.get(stranger) === mine) this.#first.delete(stranger);
    }
  }
}
