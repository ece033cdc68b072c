/**
 * How often strangers are written to: by one member, and one stranger by everybody together, within a day. In memory only: after a restart
 * it is counted anew, which lets nobody write to the same stranger about files twice, because that one is on record as invited by then.
 */
import type { Clock } from "../lib/clock.js";
import { Refusal } from "../lib/errors.js";
import type { BareJid } from "../lib/jid.js";
import type { Instant } from "./ports.js";

const DAY = 864e5;
/** People who are kept count of; who was heard of longest ago is forgotten first. */
const MOST = 20_000;

export interface InvitationLimits {
  /** By one member. */
  readonly invitations: number;
  /** To one stranger. */
  readonly invited: number;
}

interface Made {
  readonly other: BareJid;
  readonly at: Instant;
}

export class Invitations {
  readonly #limits: InvitationLimits;
  readonly #clock: Clock;
  /** Newest last; no more than the limit of each. */
  readonly #by = new Map<BareJid, Made[]>();
  readonly #to = new Map<BareJid, Made[]>();

  constructor(limits: InvitationLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Counts one. A `file` for somebody who has been written to for the same sender lately costs nothing. @throws Refusal "too-many-invitations" */
  take(sender: BareJid, recipient: BareJid, what: "file" | "words"): void {
    const by = this.#lately(this.#by, sender);
    const to = this.#lately(this.#to, recipient);
    if (what === "file" && by.some(({ other }) => other === recipient)) return;
    if (by.length >= this.#limits.invitations || to.length >= this.#limits.invited)
      throw new Refusal("too-many-invitations", { who: recipient });
    const at = this.#clock.now();
    keep(this.#by, sender, [...by, { other: recipient, at }]);
    keep(this.#to, recipient, [...to, { other: sender, at }]);
  }

  #lately(of: ReadonlyMap<BareJid, Made[]>, who: BareJid): Made[] {
    const since = this.#clock.now() - DAY;
    return (of.get(who) ?? []).filter(({ at }) => at > since);
  }
}

function keep(all: Map<BareJid, Made[]>, who: BareJid, made: Made[]): void {
  all.delete(who);
  all.set(who, made);
  if (all.size > MOST) all.delete(all.keys().next().value!);
}
