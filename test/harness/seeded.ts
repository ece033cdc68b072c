/** Chance that can be had again: the same seed gives the same numbers. */
import { createHash } from "node:crypto";

export interface Chance {
  /** 0 ≤ x < 1. */
  next(): number;
  /** 0 ≤ n < `below`, whole. */
  whole(below: number): number;
  /** Once in so many times. */
  oneIn(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** Tommy Ettinger's mulberry32. */
export function chance(seed: number): Chance {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number): number => Math.floor(next() * below);
  return { next, whole, oneIn: (times) => whole(times) === 0, pick: (from) => from[whole(from.length)]! };
}

/** So many bytes that no other name has. */
export function bytesOf(name: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 32_768)
    bytes.fill(createHash("sha256").update(`${name} ${at}`).digest(), at, Math.min(size, at + 32_768));
  return bytes;
}
