/** One line that tells a sender how several parcels of one file fare, made from the parcels as they are. Pure. */
import { all, list, say, type Said, type Sentence } from "../../lib/said.js";
import { isOpen } from "../parcel.js";
import type { Instant, Parcel, ParcelState } from "../ports.js";
import { toSender } from "../words.js";

/** What has come about before what has not. */
const ORDER: readonly ParcelState[] = ["delivered", "moving", "offered", "waiting", "declined", "expired", "failed", "withdrawn"]; // prettier-ignore

/** So many who share a state are called by their addresses; of more, it is said how many they are. */
const MOST_NAMED = 3;

/** News that is older has waited for the sender: whoever comes back looks at what is new, not at what has changed above it. */
const WAITED_MS = 60_000;
/** A line that was said longer ago is far up, and left as it is; the next word is a new one. */
const AGE_MS = 12 * 3_600_000;
/** The last word is what the sender waits for, and a correction makes no sound: it goes into a line that he has just had. */
const LAST_WORD_AGE_MS = 3_600_000;

/** `parcels`: all of one summary, one at least. */
export function summaryLine(parcels: readonly Parcel[]): Sentence {
  const parts = ORDER.flatMap((state) => {
    const those = parcels.filter((parcel) => parcel.state === state);
    return those.length === 0
      ? []
      : [say(`summary/${state}`, { count: those.length, who: who(those, parcels.length) })];
  });
  return say("summary", { ...toSender(parcels[0]!), count: parcels.length, parts: list(parts) });
}

function who(those: readonly Parcel[], of: number): Said {
  if (those.length > MOST_NAMED || (those.length === of && of > 1))
    return say(those.length === of ? "people/all" : "people", { count: those.length });
  return all(those.map(({ recipient }) => recipient));
}

/** Whether nothing more is to become of any of them. */
export function isOver(parcels: readonly Parcel[]): boolean {
  return parcels.every(({ state }) => !isOpen(state));
}

/**
 * What is done with news of a summary: "anew": said in a line of its own; "amend": the line that was said is replaced; "nothing": who cannot replace
 * it is told when all is over, and may ask (`status`) until then.
 */
export function manner(of: {
  /** The id of the line that was said; "" when none was. */
  readonly message: string;
  /** Whether he would see it replaced. */
  readonly corrects: boolean;
  readonly isOver: boolean;
  /** Since when there is news. */
  readonly since: Instant;
  readonly now: Instant;
}): "anew" | "amend" | "nothing" {
  if (of.message === "" || of.now - of.since > WAITED_MS) return "anew";
  if (of.now - saidAt(of.message) > (of.isOver ? LAST_WORD_AGE_MS : AGE_MS)) return "anew";
  return of.corrects ? "amend" : of.isOver ? "anew" : "nothing";
}

/** The id of a line's message. It tells when the line was said: the records keep no more of it than the id. */
export function lineId(random: string, now: Instant): string {
  return `${now.toString(36)}-${random}`;
}

/** When a line was said; long ago, for an id that is not one of {@link lineId}. */
export function saidAt(id: string): Instant {
  return parseInt(id.split("-", 1)[0]!, 36) || 0;
}
