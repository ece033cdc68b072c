/** Work that is done one after the other for each key, and side by side for different keys, with a bound on what waits. */
export class Turns<K> {
  readonly #queues = new Map<K, (() => Promise<void>)[]>();
  #total = 0;
  #idle: (() => void)[] = [];

  /** `each`: how much one key may have, begun or waiting; `all`: how much all of them. `onThrow` hears of work that rejects. */
  constructor(
    private readonly each: number,
    private readonly all: number,
    private readonly onThrow: (thrown: unknown) => void,
  ) {}

  /** Begins the work at once when nothing of its key is under way, else after it. False: there is no room, and it will not be done. */
  take(key: K, work: () => Promise<void>): boolean {
    const queue = this.#queues.get(key);
    if (this.#total >= this.all || (queue && queue.length >= this.each)) return false;
    this.#total++;
    if (queue) queue.push(work);
    else {
      const begun = [work];
      this.#queues.set(key, begun);
      void this.#run(key, begun);
    }
    return true;
  }

  /** Whether anything of the key is under way or waits. */
  has(key: K): boolean {
    return this.#queues.has(key);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#total > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(key: K, queue: (() => Promise<void>)[]): Promise<void> {
    for (let work = queue[0]; work; work = queue[0]) {
      try {
        await work();
      } catch (thrown) {
        this.onThrow(thrown);
      }
      queue.shift();
      this.#total--;
    }
    this.#queues.delete(key);
    if (this.#total > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
