/**
 * What is said to people, before it is in a language: sentences of the catalogue (`languages/`) with what fills their gaps, and values
 * that languages write differently. All of it is JSON: notices lie in the records, and are read by whoever speaks another language by then.
 * It is put into words at the edge that speaks to the person (`render`), never before; what has been joined to a text has no language any more.
 */
import type { Word } from "./languages/en.js";

export type { Word };

/** A text as it is (a name, an address), a sentence, a value, or lines: one below the other, without the empty ones. */
export type Said = string | number | Sentence | Value | readonly Said[];

/** What fills a sentence's gaps. `count` decides between singular and plural. */
export type Details = Readonly<Record<string, Said>>;

/** An entry of the catalogue. The word is any string: it may come from the records of a newer version. */
export interface Sentence {
  readonly word: string;
  readonly details: Details;
}

export type Value =
  | { readonly bytes: number }
  /** A duration. */
  | { readonly ms: number }
  /** An instant, of which only the day counts (UTC). */
  | { readonly day: number }
  /** An instant, to the minute (UTC). */
  | { readonly minute: number }
  /** Of a hundred. */
  | { readonly percent: number }
  /** All of them: "a, b, and c". */
  | { readonly all: readonly Said[] }
  /** One after the other. Not for making sentences of pieces. */
  | { readonly join: readonly Said[]; readonly by: string };

export function say(word: Word, details: Details = {}): Sentence {
  return { word, details };
}

/** "12.0 MiB" */
export const size = (bytes: number): Value => ({ bytes });
/** "30 days" */
export const duration = (ms: number): Value => ({ ms });
/** "2026-12-01" */
export const day = (at: number): Value => ({ day: at });
/** "2026-12-01 14:05 UTC" */
export const minute = (at: number): Value => ({ minute: at });
/** "12 %" */
export const percent = (of: number): Value => ({ percent: of });
/** "a, b, and c" */
export const all = (items: readonly Said[]): Value => ({ all: items });
/** "a, b, c" */
export const list = (items: readonly Said[]): Value => ({ join: items, by: ", " });
/** A row of a table, without its empty cells. */
export const row = (cells: readonly Said[]): Value => ({ join: cells.filter((cell) => cell !== ""), by: " · " });
