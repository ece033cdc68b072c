/** What belongs to somebody, or to something: a set for each. Who has nothing takes no memory. */
export class Sets<K, V> {
  readonly #sets = new Map<K, Set<V>>();

  of(whose: K): ReadonlySet<V> {
    return this.#sets.get(whose) ?? NOTHING;
  }

  add(whose: K, what: V): void {
    const all = this.#sets.get(whose);
    if (all) all.add(what);
    else this.#sets.set(whose, new Set([what]));
  }

  drop(whose: K, what: V): void {
    const all = this.#sets.get(whose);
    all?.delete(what);
    if (all?.size === 0) this.#sets.delete(whose);
  }
}

const NOTHING: ReadonlySet<never> = new Set();
