/**
 * The decisions of {@link Ladder}: one parcel, offered to several clients of one person at once, to each by one stream method after the other,
 * and as a link besides where that is needed. Pure: no clock, no messenger, no records.
 *
 * A *lane* is one client with the stream methods that it knows. A *leg* is what an event comes from: a lane, or the link. The first leg on
 * which bytes move takes the parcel, and the others are withdrawn.
 */
import type { OfferEvent } from "../ports.js";

/** A lane by its place, or the link. */
export type Leg = number | "link";

export interface Lane {
  /** The method being tried, by its place. */
  readonly at: number;
  /** How many it has. */
  readonly methods: number;
  /** Whether an offer is out on it. */
  readonly open: boolean;
}

export interface Climb {
  readonly lanes: readonly Lane[];
  readonly link: "unsent" | "out" | "dead";
  /** On which bytes move. */
  readonly taken: Leg | undefined;
  /** Nothing more comes of it. */
  readonly over: boolean;
}

export type ClimbEvent =
  | { readonly type: "impatient"; readonly leg: number } // the lane's time has passed
  | { readonly type: "gone"; readonly leg: number } // its client is no longer there
  | { readonly type: "back"; readonly leg: number } // it has been away, and knows nothing of what it was asked
  | { readonly type: "fetched" } // the link is being fetched
  | { readonly type: "withdraw" } // the parcel needs no offer any more
  | { readonly type: OfferEvent["type"]; readonly leg: Leg };

export type Effect =
  /** By the lane's method at its place; the link. */
  | { readonly do: "offer"; readonly leg: Leg }
  | { readonly do: "withdraw"; readonly leg: Leg }
  /** What the parcel is to hear: the event itself, or what it amounts to. */
  | { readonly do: "tell"; readonly event: OfferEvent["type"]; readonly leg: Leg }
  /** What is to be remembered of a lane's client. */
  | { readonly do: "note"; readonly leg: number; readonly as: "answers" | "silent" }
  /** A lane's client, or whoever was to be reached by the link, does not answer at all. */
  | { readonly do: "lost"; readonly leg: Leg };

const LOST: Effect = { do: "lost", leg: "link" };

export interface Step {
  readonly state: Climb;
  readonly effects: readonly Effect[];
}

/** The first step. `methods`: how many stream methods each client knows, one or more; `link`: whether somebody is best served by it. */
export function begin(methods: readonly number[], link: boolean): Step {
  const state: Climb = { lanes: methods.map((n) => ({ at: 0, methods: n, open: true })), link: "unsent", taken: undefined, over: false }; // prettier-ignore
  const offers = methods.map((_, leg): Effect => ({ do: "offer", leg }));
  return link || methods.length === 0 ? sendLink(state, offers) : { state, effects: offers };
}

/** What an event makes of it. What comes from a leg that is no longer open changes nothing. */
export function climb(state: Climb, event: ClimbEvent): Step {
  const nothing: Step = { state, effects: [] };
  if (state.over) return nothing;
  if (event.type === "withdraw") return end(state, []);
  if (event.type === "fetched")
    return state.taken === undefined ? take({ ...state, link: "out" }, "link", []) : nothing;
  if (event.leg === "link") return state.link === "out" ? onLink(state, event.type) : nothing;
  return state.lanes[event.leg]?.open ? onLane(state, event.leg, event.type) : nothing;
}

function onLane(state: Climb, leg: number, type: ClimbEvent["type"]): Step {
  const mine = state.taken === leg;
  const tell = (event: OfferEvent["type"]): Effect => ({ do: "tell", event, leg });
  const answers: Effect = { do: "note", leg, as: "answers" };
  switch (type) {
    case "sent":
      return { state, effects: [tell("sent")] };
    case "moving":
      return mine ? { state, effects: [] } : take(state, leg, [answers, tell("moving")]);
    case "last":
      return { state, effects: mine ? [tell("last")] : [] };
    case "delivered":
    case "declined":
      return end(state, [answers, tell(type)], leg);
    case "impatient":
      if (mine) return { state, effects: [] };
      return sendLink(state, [{ do: "note", leg, as: "silent" }]);
    case "gone":
      return mine ? { state, effects: [] } : spend(state, leg, [{ do: "withdraw", leg }]);
    case "back": {
      if (mine) return { state, effects: [] };
      const anew = change(state, leg, { ...state.lanes[leg]!, at: 0 });
      return {
        state: anew,
        effects: [
          { do: "withdraw", leg },
          { do: "offer", leg },
        ],
      };
    }
    case "unreached":
      return mine ? end(state, [tell("cut")], leg) : spend(state, leg, [{ do: "lost", leg }]);
    case "bounced":
    case "cut":
    case "failed":
      return mine ? end(state, [tell("cut")], leg) : next(state, leg, type === "bounced");
    default:
      return { state, effects: [] };
  }
}

function onLink(state: Climb, type: ClimbEvent["type"]): Step {
  const tell = (event: OfferEvent["type"]): Effect => ({ do: "tell", event, leg: "link" });
  switch (type) {
    case "sent":
      return { state, effects: [tell("sent")] };
    case "unreached":
      return { state, effects: [tell("unreached"), LOST] };
    case "delivered":
      return end({ ...state, link: "dead" }, [tell("delivered")]);
    case "bounced":
    case "failed": {
      const dead: Climb = { ...state, link: "dead" };
      if (state.lanes.some(({ open }) => open)) return { state: dead, effects: [] };
      // Else whoever seems to be there would be offered it again at once, and give it back again, without end.
      return end(dead, [...(type === "bounced" ? [LOST] : []), tell(type)]);
    }
    default:
      return { state, effects: [] };
  }
}

/** The lane's next method; the one after that client's last is the link. */
function next(state: Climb, leg: number, clientIsGone: boolean): Step {
  const lane = state.lanes[leg]!;
  if (clientIsGone || lane.at + 1 >= lane.methods) return spend(state, leg, []);
  return { state: change(state, leg, { ...lane, at: lane.at + 1 }), effects: [{ do: "offer", leg }] };
}

/** Nothing more comes of the lane. Where nothing else is out either, the link goes. */
function spend(state: Climb, leg: number, effects: readonly Effect[]): Step {
  const now = change(state, leg, { ...state.lanes[leg]!, open: false });
  if (now.taken !== undefined || now.lanes.some(({ open }) => open)) return { state: now, effects };
  if (now.link === "dead") return end(now, [...effects, LOST, { do: "tell", event: "unreached", leg }]);
  return sendLink(now, effects);
}

function sendLink(state: Climb, effects: readonly Effect[]): Step {
  if (state.link !== "unsent" || state.taken !== undefined) return { state, effects };
  return { state: { ...state, link: "out" }, effects: [...effects, { do: "offer", leg: "link" }] };
}

/** Bytes move on this leg: the others are withdrawn. */
function take(state: Climb, leg: Leg, effects: readonly Effect[]): Step {
  const others = openLegs(state).filter((other) => other !== leg);
  const lanes = state.lanes.map((lane, i) => (i === leg ? lane : { ...lane, open: false }));
  const link = leg === "link" || state.link !== "out" ? state.link : "dead";
  return {
    state: { ...state, lanes, link, taken: leg },
    effects: [...others.map((other): Effect => ({ do: "withdraw", leg: other })), ...effects],
  };
}

/** Nothing is out any more; `by` has ended by itself. */
function end(state: Climb, effects: readonly Effect[], by?: Leg): Step {
  const others = openLegs(state).filter((leg) => leg !== by);
  return {
    state: { ...state, lanes: state.lanes.map((lane) => ({ ...lane, open: false })), over: true },
    effects: [...others.map((leg): Effect => ({ do: "withdraw", leg })), ...effects],
  };
}

/** What is out. */
export function openLegs({ lanes, link }: Climb): Leg[] {
  const open = lanes.flatMap((lane, i): Leg[] => (lane.open ? [i] : []));
  return link === "out" ? [...open, "link"] : open;
}

function change(state: Climb, leg: number, lane: Lane): Climb {
  return { ...state, lanes: state.lanes.map((old, i) => (i === leg ? lane : old)) };
}
