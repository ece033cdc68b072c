/**
 * Every sentence that people read, apart from refusals (lib/errors.ts). `{gaps}` are filled from details;
 * `{who}` and `{name}` come from outside and are made harmless by {@link label} before they get here.
 */
import { fill, type Details } from "../lib/errors.js";
import { formatDuration, formatSize } from "../lib/units.js";
import type { FileFacts, Instant, Parcel, ParcelState } from "./ports.js";

export const WORDS = {
  // to the sender, about a file
  kept: "I keep {name} ({size}) as number {number}, until {until}. Say “send {number} to ADDRESS” to pass it on, “get {number}” to have it back, “help” for more.",
  fetching: "Fetching {name}{ofSize} …",
  "fetching-at": "Fetching {name}: {percent} ({got} of {size}) …",
  "fetching-some": "Fetching {name}: {got} so far …",
  fetched: "Fetched {name}: {size} in {time}.",
  "fetch-ended": "Fetching {name} has ended.",
  receiving: "Receiving {name}{ofSize} …",
  "receiving-at": "Receiving {name}: {percent} ({got} of {size}) …",
  received: "Received {name}: {size} in {time}.",
  "receiving-ended": "Receiving {name} has ended.",
  "kept-in-part":
    "The transfer of {name} was cut: I have {got} of {size}. Send it again until {until}, and it goes on from there if your client can; “del {name}” forgets it.",
  "passed-on": "{lines}",
  "storage-awaited": "My storage does not answer just now. I go on with {name} as soon as it does, and tell you then.",
  "not-kept": "{name} was not kept. {why}",
  // to the sender, about a parcel: his receipts
  waiting: "{name} (number {number}) waits for {who}. I offer it the moment that {who} is there.",
  "waiting-invited": "{name} (number {number}) waits for {who}. I have told {who} that it is here.",
  offered: "{name} (number {number}) has been offered to {who}.",
  delivered: "{who} has {name} (number {number}).",
  declined: "{who} does not want {name} (number {number}).",
  expired: "{name} (number {number}) was not fetched by {who} in time, and is no longer kept for that.",
  failed: "{name} (number {number}) could not be handed to {who}. {why}",
  unreachable:
    "I could not reach {who} about {name} (number {number}). It stays here until {until}; I try again when I see {who}, or when you say “resend {number}”.",
  // to the recipient
  offer:
    "{who} has a file for you: {name} ({size}). Take it here, or say “decline {number}”. It is here until {until}.",
  coming: "{who} is sending you a file: {name} ({size}). Take it here: it comes while {who} still sends.",
  invitation:
    "{who} has a file for you: {name} ({size}). I keep it until {until}. Say “accept {number}” to have it, “decline {number}” if you do not want it, or “block {who}” to hear no more of {who}. Add me to your contacts, and I offer what comes for you whenever you are online.",
  "taken-back": "{who} has taken back {name} (number {number}).",
  // to those who run the place
  "reported-spam": "{who} reports {about} for spam. {text}",
  "reported-abuse": "{who} reports {about} for abuse. {text}",
} as const;

export type Word = keyof typeof WORDS;

/** The sentence for a notice or a line. Unknown kinds (a newer version's notice in the records) are said by their name. */
export function say(word: string, details: Details): string {
  return fill((WORDS as Record<string, string>)[word] ?? word, details);
}

/** How a parcel's state reads in `list` and `status`. */
export const STATES: Readonly<Record<ParcelState, string>> = {
  waiting: "waiting",
  offered: "offered",
  moving: "on its way",
  delivered: "delivered",
  declined: "declined",
  expired: "expired",
  withdrawn: "withdrawn",
  failed: "failed",
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

/** "2026-12-01": the day, in UTC. */
export function day(at: Instant): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** "2026-12-01 14:05 UTC". */
export function minute(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The gaps that sentences about a file have. */
export function ofFile(file: FileFacts & { number: number; until: Instant }): Details {
  return { name: label(file.name), size: formatSize(file.size), number: file.number, until: day(file.until) };
}

/** The gaps of sentences to the sender of a parcel. */
export function toSender(parcel: Parcel): Details {
  return { ...ofFile({ ...parcel, number: parcel.senderNumber }), who: parcel.recipient };
}

/** The gaps of sentences to its recipient. */
export function toRecipient(parcel: Parcel): Details {
  return { ...ofFile(parcel), who: parcel.sender };
}

/** The gaps of a fetch in progress. */
export function ofProgress(name: string, got: number, size: number | undefined, ms: number): Details {
  const known = size === undefined || size === 0 ? { size: "", percent: "", ofSize: "" } : { size: formatSize(size), percent: `${Math.floor((100 * got) / size)} %`, ofSize: ` (${formatSize(size)})` }; // prettier-ignore
  return { name: label(name), got: formatSize(got), time: formatDuration(ms), ...known };
}
