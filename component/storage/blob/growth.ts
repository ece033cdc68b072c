/** How far an object that is being written can be read, for those who read it meanwhile. */
import { Refusal } from "../../lib/errors.js";
import { say } from "../../lib/said.js";

export class Growth {
  #landed = 0;
  #ended = false;
  #waiting = new Set<() => void>();

  /** So many bytes can be read. */
  get landed(): number {
    return this.#landed;
  }

  reached(landed: number): void {
    this.#landed = landed;
    this.#wake();
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Resolves with how many bytes can be read, as soon as it is more than `at`. Rejects with Refusal "stream-cut" when no more come, or with the signal's reason. */
  async beyond(at: number, signal?: AbortSignal): Promise<number> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#landed > at) return this.#landed;
      if (this.#ended) throw new Refusal("stream-cut", { name: say("that-file") });
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal?.addEventListener("abort", wake);
      });
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
