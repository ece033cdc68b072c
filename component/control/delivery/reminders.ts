/** Whose end is near, and who is told of it how. Pure. */
import type { BareJid } from "../../lib/jid.js";
import { list } from "../../lib/said.js";
import { isFetched, isOpen, sentTo } from "../parcel.js";
import type { Ending, Instant, KeptFile, Parcel } from "../ports.js";
import { day, label, minute, ofFile, say, toRecipient, type Details, type Word } from "../words.js";

/** How long files are kept, and how long before their end people are reminded, in ms: `[limits]`. */
export interface Term {
  readonly keep: number;
  readonly remind: number;
}

export interface Reminder {
  readonly to: BareJid;
  readonly kind: Word;
  readonly details: Details;
  /** As of `Notices.make`. */
  readonly from?: Parcel["via"];
}

/** Somebody with more than so many to be reminded of at once gets one line of all. */
const MOST_LINES = 3;
/** More people than these are a number. */
const MOST_NAMES = 5;
const DAY_MS = 86_400_000;

/** How long before the end: never as soon as half of the time is over. */
export function horizonOf({ keep, remind }: Term): number {
  return Math.min(remind, keep / 2);
}

/** Whether anybody is reminded of a file. What is kept for a short while only has just been said to be. */
export function isWorthIt({ since, until }: Pick<KeptFile, "since" | "until">, term: Term): boolean {
  return until - since >= 2 * horizonOf(term);
}

/**
 * The owner is reminded of what he keeps for himself and of what has not been fetched, not of what everybody has; a recipient, of what waits for him.
 * Somebody whom we have written to once, without an answer, is not written to again.
 */
export function remindersOf(ending: readonly Ending[], term: Term, now: Instant): Reminder[] {
  const owned = new Map<BareJid, Ending[]>();
  const awaited = new Map<BareJid, Parcel[]>();
  for (const one of ending) {
    const { file, parcels } = one;
    if (file.until <= now || !isWorthIt(file, term)) continue;
    if (!isFetched(parcels)) push(owned, file.owner, one);
    for (const parcel of parcels)
      if (isOpen(parcel.state) && parcel.standing === "met" && parcel.recipient !== file.owner)
        push(awaited, parcel.recipient, parcel);
  }
  return [
    ...[...owned].flatMap(([to, all]) => {
      const files = all.map(({ file }) => file);
      return few(files, "reminder/many", now, to) ?? all.map((one) => toOwner(one, now));
    }),
    ...[...awaited].flatMap(
      ([to, all]) => few(all, "reminder/many-for-you", now, to) ?? all.map((parcel) => toHim(parcel, now)),
    ),
  ];
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

/** One line of all, where they are too many for a line each. They come soonest first. */
function few(all: readonly (KeptFile | Parcel)[], kind: Word, now: Instant, to: BareJid): Reminder[] | undefined {
  if (all.length <= MOST_LINES) return undefined;
  const first = all[0]!;
  return [{ to, kind, details: { count: all.length, name: label(first.name), number: first.number, ...end(first, now) } }]; // prettier-ignore
}

function toOwner({ file, parcels }: Ending, now: Instant): Reminder {
  const missing = [...new Set(parcels.filter(({ state }) => isOpen(state)).map(({ recipient }) => recipient))];
  const about = { ...ofFile(file), ...end(file, now) };
  const told = { to: file.owner, from: sentTo(parcels) };
  if (missing.length === 0) return { ...told, kind: "reminder", details: about };
  const who = missing.length > MOST_NAMES ? say("groups/people", { count: missing.length }) : list(missing);
  return { ...told, kind: "reminder/unfetched", details: { ...about, count: missing.length, who } };
}

function toHim(parcel: Parcel, now: Instant): Reminder {
  return { to: parcel.recipient, kind: "reminder/for-you", details: { ...toRecipient(parcel), ...end(parcel, now) } };
}

/** To the minute when it is soon. */
function end({ until }: { readonly until: Instant }, now: Instant): Details {
  return { until: until - now < DAY_MS ? minute(until) : day(until) };
}
