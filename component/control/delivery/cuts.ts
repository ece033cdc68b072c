/** Streams that broke while they gave a parcel out: how long it then rests, and when streams have been tried often enough. In memory: after a restart it begins anew. */
import type { Clock } from "../../lib/clock.js";
import { putLast } from "../../lib/latest.js";
import type { Instant } from "../ports.js";

const FIRST_REST_MS = 250;
const LONGEST_REST_MS = 30_000;
/** So many cuts at the same byte, and the link has to do. */
const MOST_CUTS = 6;
const MOST_PARCELS = 10_000;

interface Cut {
  /** Without getting on. */
  count: number;
  /** Where the newest attempt began. */
  from: number;
  until: Instant;
}

export class Cuts {
  /** By parcel, oldest first. */
  readonly #cuts = new Map<string, Cut>();

  constructor(private readonly clock: Clock) {}

  /** Its bytes are read from here on. Whoever goes on further than before has got on. */
  began(parcelId: string, from: number): void {
    const cut = this.#cuts.get(parcelId);
    if (!cut || from <= cut.from) return;
    cut.count = 0;
    cut.from = from;
  }

  /** Another one. Answers for how long the parcel rests now, in ms. */
  add(parcelId: string): number {
    const { count, from } = this.#cuts.get(parcelId) ?? { count: 0, from: 0 };
    const rest = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** count);
    putLast(this.#cuts, parcelId, { count: count + 1, from, until: this.clock.now() + rest }, MOST_PARCELS);
    return rest;
  }

  /** Whether it has been cut: then its recipient knows of it. */
  has(parcelId: string): boolean {
    return this.#cuts.has(parcelId);
  }

  isResting(parcelId: string): boolean {
    return (this.#cuts.get(parcelId)?.until ?? 0) > this.clock.now();
  }

  isHopeless(parcelId: string): boolean {
    return (this.#cuts.get(parcelId)?.count ?? 0) >= MOST_CUTS;
  }

  forget(parcelId: string): void {
    this.#cuts.delete(parcelId);
  }
}
