/** What a parcel and the people at its ends are told of what happens to it. */
import { ERRORS, Refusal, type ErrorCode } from "../../lib/errors.js";
import type { Notices } from "../notices/notices.js";
import type { Move, ParcelEvent } from "../parcel.js";
import type { HistoryRow, Notice, OfferEvent, OfferMethod, Parcel } from "../ports.js";
import { say, toRecipient, type Said } from "../words.js";

/** Whom to tell what of a step. */
export function noticesOf(notices: Notices, parcel: Parcel, move: Move, event: ParcelEvent, detail: string): Notice[] {
  const told = receipts(notices, parcel, move, event, detail);
  if (parcel.summary === "") return told;
  // Where something is for the sender to do (another address, another file), he is told so at once and why. All else is in the line.
  const calls = told.filter(({ to, kind }) => to !== parcel.sender || kind === "failed" || kind === "unreachable");
  return move.to === parcel.state ? calls : [...calls, notices.summaries.news(parcel)];
}

function receipts(notices: Notices, parcel: Parcel, move: Move, event: ParcelEvent, detail: string): Notice[] {
  switch (move.tell) {
    case "nobody":
      return [];
    case "recipient":
      return [notices.make(parcel.recipient, "taken-back", toRecipient(parcel))];
    case "sender":
      if (event === "bounce") return parcel.tries > 1 ? [] : [notices.toSender(parcel, "unreachable")];
      return [notices.toSender(parcel, receiptOf(event), { why: whyOf(detail) })];
  }
}

/** Whether its sender has been told that it was delivered, and has not sent it again since. */
export function isKnownDelivered(history: readonly HistoryRow[]): boolean {
  return history.findLast(({ event }) => event === "complete" || event === "resend")?.event === "complete";
}

/** What the parcel makes of what became of an offer of it; undefined: nothing. "sent" is here what went out after another offer. */
export function eventOf(event: OfferEvent, { name, keeps }: OfferMethod): [ParcelEvent, string] | undefined {
  switch (event.type) {
    case "sent":
      return keeps ? ["linked", name] : undefined;
    case "reached":
      return undefined;
    case "unreached":
      return keeps ? undefined : ["unreached", name];
    case "bounced":
      return ["bounce", event.condition];
    case "moving":
      return ["begin", name];
    case "last":
      return ["last", name];
    case "cut":
      return [keeps ? "cut" : "broken", name];
    case "delivered":
      return ["complete", name];
    case "declined":
      return ["decline", name];
    case "failed":
      return event.code === "offline" ? ["unreached", name] : ["fail", event.code];
  }
}

function receiptOf(event: ParcelEvent): "delivered" | "declined" | "expired" | "failed" {
  switch (event) {
    case "complete":
      return "delivered";
    case "decline":
      return "declined";
    case "expire":
      return "expired";
    default:
      return "failed";
  }
}

/** A failed parcel's code as a sentence. */
function whyOf(detail: string): Said {
  if (detail === "infected") return say("was-infected"); // its name and the virus have been told
  return detail in ERRORS ? new Refusal(detail as ErrorCode).said : "";
}
