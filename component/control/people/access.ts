/** Who may do what, and how much at once. Pure, but for the buckets that count. */
import { Refusal } from "../../lib/errors.js";
import { putLast } from "../../lib/latest.js";
import { duration } from "../../lib/said.js";
import { bareOf, domainOf, type Jid } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";

/** Whether the address belongs to a domain whose people may keep and send files. */
export function isMember(jid: Jid, domains: readonly string[]): boolean {
  return domains.includes(domainOf(jid));
}

/** @throws Refusal "not-a-member" */
export function requireMember(jid: Jid, domains: readonly string[]): void {
  if (!isMember(jid, domains)) throw new Refusal("not-a-member", { domains: domains.join(", ") });
}

/** People whose buckets are remembered. */
const MOST = 10_000;

interface Bucket {
  tokens: number;
  at: number;
  told: boolean;
}

/** Token buckets, one a person: `perMinute` at an even pace, as many at once. The oldest are forgotten, so that strangers fill no memory. */
export class Pace {
  readonly #perMinute: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** "ok", or "refuse" the first time that somebody is too quick, then "ignore" until he has paused. */
  take(jid: Jid): "ok" | "refuse" | "ignore" {
    const who = bareOf(jid);
    const now = this.#clock.now();
    const old = this.#buckets.get(who);
    const tokens = old
      ? Math.min(this.#perMinute, old.tokens + ((now - old.at) * this.#perMinute) / 60_000)
      : this.#perMinute;
    const enough = tokens >= 1;
    putLast(this.#buckets, who, { tokens: enough ? tokens - 1 : tokens, at: now, told: !enough }, MOST);
    return enough ? "ok" : old?.told ? "ignore" : "refuse";
  }

  refusal(): Refusal {
    return new Refusal("too-many-requests", {
      wait: duration(Math.ceil(60_000 / this.#perMinute / 1000) * 1000),
    });
  }
}
