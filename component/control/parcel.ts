/**
 * A parcel's life, as a table to check by eye: what each event makes of each state. Pure: no clock, no records, no messenger.
 *
 *     waiting ──offer──▶ offered ──begin──▶ moving ──complete──▶ delivered
 *        ▲                  │ ▲               │
 *        ├────bounce────────┘ └─────cut───────┤        and from each of these: declined, expired, withdrawn, failed
 *        └──────────────broken────────────────┘
 */
import type { Parcel, ParcelState } from "./ports.js";

export type ParcelEvent =
  | "offer" // an offer is on the wire
  | "linked" // after another offer the link went out too: it outlives us
  | "unreached" // nobody answered it, and no server keeps it for him
  | "bounce" // the server gave it, or the invitation, back
  | "begin" // the first byte goes
  | "cut" // bytes stopped before the last one; whoever has the link may go on
  | "broken" // the same, of a stream: only another offer goes on
  | "last" // the last byte is about to go: who dies now has, for all that anybody will ever know, delivered it
  | "complete" // the last byte has gone
  | "decline" // the recipient does not want it
  | "accept" // the recipient wants it (again)
  | "resend" // the sender wants it offered again
  | "expire" // its time is up
  | "withdraw" // the sender took it back
  | "fail" // it can never be handed over
  | "recover"; // the process that held it is gone

/** What an event does. */
export interface Move {
  readonly to: ParcelState;
  /** The process keeps hold of it until the next step. */
  readonly hold: boolean;
  /** Its capabilities end. */
  readonly endLinks: boolean;
  /** Whom to tell, once: the sender's receipt, or a word to the recipient. */
  readonly tell: "sender" | "recipient" | "nobody";
}

const to = (state: ParcelState, more: Partial<Move> = {}): Move => ({
  to: state,
  hold: false,
  endLinks: false,
  tell: "nobody",
  ...more,
});
const HOLD = { hold: true };
const END = { endLinks: true };

/** No change, and nobody is wrong: late, doubled, or of no interest in this state. */
const stay = "stay";
/** The one who asks is told that it cannot be ("wrong-state"). */
const refuse = "refuse";

type Cell = Move | typeof stay | typeof refuse;

const delivered = to("delivered", { tell: "sender" });
const declined = to("declined", { ...END, tell: "sender" });
const expired = to("expired", { ...END, tell: "sender" });
const withdrawn = to("withdrawn", END);
const withdrawnAloud = to("withdrawn", { ...END, tell: "recipient" });
const failed = to("failed", { ...END, tell: "sender" });
const again = to("waiting");

// prettier-ignore
export const TABLE: Readonly<Record<ParcelState, Readonly<Record<ParcelEvent, Cell>>>> = {
  waiting: {
    offer: to("offered", { tell: "sender" }), linked: stay, unreached: stay, bounce: to("waiting", { tell: "sender" }),
    begin: to("moving", HOLD), cut: stay, broken: stay, last: stay, complete: delivered,
    decline: declined, accept: stay, resend: stay,
    expire: expired, withdraw: withdrawn, fail: failed, recover: stay,
  },
  offered: {
    offer: stay, linked: to("offered"), unreached: again, bounce: to("waiting", { tell: "sender" }),
    begin: to("moving", HOLD), cut: stay, broken: again, last: stay, complete: delivered,
    decline: declined, accept: again, resend: again,
    expire: expired, withdraw: withdrawnAloud, fail: failed, recover: again,
  },
  moving: {
    offer: stay, linked: stay, unreached: stay, bounce: stay,
    begin: stay, cut: to("offered"), broken: again, last: to("moving", HOLD), complete: delivered,
    decline: declined, accept: refuse, resend: refuse,
    expire: expired, withdraw: withdrawnAloud, fail: failed, recover: to("offered"),
  },
  delivered: {
    offer: stay, linked: stay, unreached: stay, bounce: stay,
    begin: stay, cut: stay, broken: stay, last: stay, complete: stay,
    decline: refuse, accept: again, resend: again,
    expire: stay, withdraw: refuse, fail: stay, recover: stay,
  },
  declined: {
    offer: stay, linked: stay, unreached: stay, bounce: stay,
    begin: stay, cut: stay, broken: stay, last: stay, complete: stay,
    decline: stay, accept: again, resend: refuse,
    expire: stay, withdraw: withdrawn, fail: stay, recover: stay,
  },
  expired: {
    offer: stay, linked: stay, unreached: stay, bounce: stay,
    begin: stay, cut: stay, broken: stay, last: stay, complete: stay,
    decline: refuse, accept: refuse, resend: again,
    expire: stay, withdraw: refuse, fail: stay, recover: stay,
  },
  withdrawn: {
    offer: stay, linked: stay, unreached: stay, bounce: stay,
    begin: stay, cut: stay, broken: stay, last: stay, complete: stay,
    decline: refuse, accept: refuse, resend: again,
    expire: stay, withdraw: stay, fail: stay, recover: stay,
  },
  failed: {
    offer: stay, linked: stay, unreached: stay, bounce: stay,
    begin: stay, cut: stay, broken: stay, last: stay, complete: stay,
    decline: refuse, accept: refuse, resend: again,
    expire: stay, withdraw: stay, fail: stay, recover: stay,
  },
};

/** What `event` makes of a parcel in `state`. */
export function decide(state: ParcelState, event: ParcelEvent): Cell {
  return TABLE[state][event];
}

/** How the history names what goes by a capability. */
export const LINK = "link";

const OPEN_STATES: readonly ParcelState[] = ["waiting", "offered", "moving"];

/** Whether anything is still to become of it. */
export function isOpen(state: ParcelState): boolean {
  return OPEN_STATES.includes(state);
}

/** The address of ours that all of these were sent to, where it stands in for a person; else "": what is told of several in one line is, too. */
export function sentTo(parcels: readonly Pick<Parcel, "via" | "summary">[]): Parcel["via"] {
  const [one = "", ...more] = new Set(parcels.map(({ via, summary }) => (summary === "" ? via : "")));
  return more.length === 0 ? one : "";
}

/**
 * Whether everybody to whom a file was sent has it, by all parcels that were ever made of it. Who has said no, or has missed it, has not;
 * from whom it was taken back, to him it was not sent.
 */
export function isFetched(parcels: readonly Pick<Parcel, "recipient" | "state">[]): boolean {
  const having = new Set(parcels.filter(({ state }) => state === "delivered").map(({ recipient }) => recipient));
  return (
    having.size > 0 &&
    parcels.every(({ recipient, state }) => state === "withdrawn" || (having.has(recipient) && !isOpen(state)))
  );
}
