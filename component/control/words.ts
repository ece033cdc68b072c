/** What comes from outside made harmless for sentences, and the details that several sentences share. The sentences themselves: lib/languages/. */
import { day, duration, list, minute, percent, say, size, type Details, type Said, type Sentence, type Word } from "../lib/said.js"; // prettier-ignore
import type { FileFacts, Notice, Parcel, ParcelState } from "./ports.js";

export { day, duration, list, minute, percent, say, size, type Details, type Said, type Sentence, type Word };

/** How a command goes with these: “send 12 to ADDRESS”. */
export function example(...words: readonly Said[]): Said {
  return { join: words, by: " " };
}

/** How a parcel's state reads in `list` and `status`. */
export const STATES: Readonly<Record<ParcelState, Sentence>> = {
  waiting: say("state/waiting"),
  offered: say("state/offered"),
  moving: say("state/moving"),
  delivered: say("state/delivered"),
  declined: say("state/declined"),
  expired: say("state/expired"),
  withdrawn: say("state/withdrawn"),
  failed: say("state/failed"),
};

/** The joiners stay where they join: pictures of several signs are spelt with them, and Persian and Indic words. */
const UNSAFE =
  /(?!(?<=[\p{L}\p{M}\p{Emoji_Modifier}\p{Extended_Pictographic}])[\u200c\u200d][\p{L}\p{Extended_Pictographic}])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** A text from outside as one line: no controls, no bidi tricks. */
export function oneLine(text: string): string {
  return text.replace(UNSAFE, " ").replace(/\s+/g, " ").trim();
}

/** The same as a label: at most 120 characters, never empty. */
export function label(text: string): string {
  const clean = oneLine(text);
  const chars = [...clean];
  return chars.length > 120 ? `${chars.slice(0, 80).join("")}…${chars.slice(-30).join("")}` : clean || "unnamed";
}

/** Notices to senders that name commands. */
export const WITH_COMMANDS: ReadonlySet<string> = new Set<Word>(["kept-in-part", "unreachable", "reminder", "reminder/unfetched", "kept-longer"]); // prettier-ignore

/** What a notice says. A kind that is not known (a newer version's, in the records) is said by its name. */
export function wordsOf({ kind, details }: Notice): Said {
  return { word: kind, details };
}

/** The gaps that sentences about a file have. */
export function ofFile(file: FileFacts & { number: number; until: number }): Details {
  return { name: label(file.name), size: size(file.size), number: file.number, until: day(file.until) };
}

/** The gaps of sentences to the sender of a parcel. */
export function toSender(parcel: Parcel): Details {
  return { ...ofFile({ ...parcel, number: parcel.senderNumber }), who: parcel.recipient };
}

/** The gaps of sentences to its recipient. */
export function toRecipient(parcel: Parcel): Details {
  return { ...ofFile(parcel), who: parcel.sender };
}

/** What is said to a recipient of a parcel, and beneath it what he has to know of its content. */
export function marked(said: Sentence, parcel: Parcel): Said {
  if (parcel.mark === "unchecked") return [said, say("mark/unchecked")];
  return parcel.mark === "sealed" ? [said, say("offer-sealed", toRecipient(parcel))] : said;
}

/** The gaps of a fetch in progress. */
export function ofProgress(name: string, got: number, all: number | undefined, ms: number): Details {
  const known =
    all === undefined || all === 0
      ? {}
      : { size: size(all), percent: percent((100 * got) / all), ofSize: say("of-size", { size: size(all) }) };
  return { name: label(name), got: size(got), time: duration(ms), ...known };
}
