/**
 * Whose beginning a recipient may have. What goes out while it comes in may turn out to be wrong, or may never be whole; the next file of the
 * same name and size is another one, and a client that goes on where it was (SI has no hashes) would make one of both. In memory, as early
 * offers are.
 */
import { Refusal } from "../../lib/errors.js";
import { putLast } from "../../lib/latest.js";
import type { Parcel } from "../ports.js";

const MOST = 10_000;

export class Beginnings {
  /** The file's id, by who sends what to whom; oldest first. */
  readonly #files = new Map<string, string>();

  /**
   * Bytes are about to go, from `from` on. `isComing`: they are not kept yet.
   * @throws Refusal "range-not-satisfiable" when what he has is the beginning of something else
   */
  gone({ sender, recipient, name, size, fileId }: Parcel, from: number, isComing: boolean): void {
    const key = JSON.stringify([sender, recipient, name, size]);
    const before = this.#files.get(key);
    if (from > 0 && before !== undefined && before !== fileId) throw new Refusal("range-not-satisfiable");
    if (from > 0 || (!isComing && before === undefined)) return;
    putLast(this.#files, key, fileId, MOST);
  }
}
