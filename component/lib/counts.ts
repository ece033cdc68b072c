/** How many somebody has of something. Whoever has none takes no memory. */
export class Counts<K> {
  readonly #counts = new Map<K, number>();

  of(whose: K): number {
    return this.#counts.get(whose) ?? 0;
  }

  add(whose: K, many = 1): void {
    if (many > 0) this.#counts.set(whose, this.of(whose) + many);
  }

  /** One of those that were added. */
  drop(whose: K): void {
    const left = this.of(whose) - 1;
    if (left > 0) this.#counts.set(whose, left);
    else this.#counts.delete(whose);
  }

  clear(): void {
    this.#counts.clear();
  }
}
