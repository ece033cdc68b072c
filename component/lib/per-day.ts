/** What each has done within a day, newest last. In memory, and bounded: whoever did something longest ago is forgotten first. */
import type { Clock } from "./clock.js";
import { putLast } from "./latest.js";

const DAY = 864e5;

export class PerDay<K, V> {
  readonly #all = new Map<K, { readonly what: V; readonly at: number }[]>();

  /** `most`: who is kept count of. How often each may do it is for the caller to limit: all of a day is kept. */
  constructor(
    private readonly clock: Clock,
    private readonly most: number,
  ) {}

  of(who: K): readonly V[] {
    return this.#lately(who).map(({ what }) => what);
  }

  add(who: K, what: V): void {
    const done = [...this.#lately(who), { what, at: this.clock.now() }];
    putLast(this.#all, who, done, this.most);
  }

  #lately(who: K): { readonly what: V; readonly at: number }[] {
    const since = this.clock.now() - DAY;
    return (this.#all.get(who) ?? []).filter(({ at }) => at > since);
  }
}
