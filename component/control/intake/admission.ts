/** Whether one more file may come in: its size, its owner's room, and how many come in at once. */
import { Refusal } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import { size as sizeOf } from "../../lib/said.js";
import { Sets } from "../../lib/sets.js";
import type { Index } from "../ports.js";
import { label, say } from "../words.js";

/** So many cut intakes of one member are kept for going on with; the oldest gives way. */
export const MOST_CUT = 10;

export interface IntakeLimits {
  readonly domains: readonly string[];
  readonly file: number; // bytes
  readonly quota: number; // bytes
  readonly keep: number; // ms
  /** How long the bytes of a cut intake are kept, in ms. */
  readonly partial: number;
  readonly transfers: number;
  /** What is done with files into which nobody can look; absent: they are passed on. */
  readonly sealed?: "pass" | "refuse";
}

/** What one file on its way in takes up. */
export interface Place {
  readonly owner: BareJid;
  /** Bytes, as far as they are known. */
  size: number;
}

export class Admission {
  readonly #index: Index;
  readonly #limits: IntakeLimits;
  readonly #places = new Sets<BareJid, Place>();

  constructor(index: Index, limits: IntakeLimits) {
    this.#index = index;
    this.#limits = limits;
  }

  /** @throws Refusal "too-large" */
  checkSize(name: string, size: number): void {
    const { file } = this.#limits;
    if (size > file) throw new Refusal("too-large", { name: label(name), size: sizeOf(size), limit: sizeOf(file) });
  }

  /**
   * Takes a place, to be left when the file is kept or given up. `goesOn`: the cut intake that it goes on with.
   * @throws Refusal "too-many-transfers", "over-quota"
   */
  async enter(owner: BareJid, name: string, size: number | undefined, goesOn?: string): Promise<Place> {
    const count = this.#places.of(owner).size;
    if (count >= this.#limits.transfers) throw new Refusal("too-many-transfers", { count });
    const place = this.enterAgain(owner, 0);
    try {
      this.checkRoom(name, await this.used(place, goesOn), size);
      place.size = size ?? 0;
      return place;
    } catch (e) {
      this.leave(place);
      throw e;
    }
  }

  /** For what was admitted before: by this process or by one that is gone. */
  enterAgain(owner: BareJid, size: number): Place {
    const place = { owner, size };
    this.#places.add(owner, place);
    return place;
  }

  leave(place: Place): void {
    this.#places.drop(place.owner, place);
  }

  /** Bytes that its owner's files take, with what has been set aside for him and what comes in beside this one. */
  async used(mine: Place, goesOn?: string): Promise<number> {
    const [{ bytes }, cut] = await Promise.all([this.#index.usage(mine.owner), this.#index.cutIntakes(mine.owner, MOST_CUT)]); // prettier-ignore
    let sum = bytes;
    for (const { id, held } of cut) if (id !== goesOn) sum += held;
    for (const place of this.#places.of(mine.owner)) if (place !== mine) sum += place.size;
    return sum;
  }

  /** The largest file that this one may become, in bytes. */
  async roomFor(place: Place): Promise<number> {
    return Math.min(this.#limits.file, Math.max(0, this.#limits.quota - (await this.used(place))));
  }

  /** `size`: undefined while it is not known. @throws Refusal "over-quota" */
  checkRoom(name: string, used: number, size: number | undefined): void {
    if (used + (size ?? 0) > this.#limits.quota) throw this.overQuota(name, used, size);
  }

  overQuota(name: string, used: number, size: number | undefined): Refusal {
    const { quota } = this.#limits;
    return new Refusal("over-quota", {
      name: label(name),
      used: sizeOf(used),
      quota: sizeOf(quota),
      size: size === undefined ? say("more") : sizeOf(size),
    });
  }

  /** Of a file of which nobody said how large it is, at the byte that is too many. `most`: how many there was room for. */
  tooMuch(name: string, most: number): Refusal {
    const { file, quota } = this.#limits;
    if (most < file) return this.overQuota(name, quota - most, undefined);
    const limit = sizeOf(file);
    return new Refusal("too-large", { name: label(name), size: say("more-than", { size: limit }), limit });
  }
}
