/**
 * Stream initiation as its receiver sees it (XEP-0095, 0096; streams by XEP-0065 or 0047): what each event makes of each state, and what
 * is to be done. Pure: no stanzas, no clock, no sockets.
 *
 *     judging ──accepted──▶ waiting ⇄ dialling ──▶ moving ──▶ ended
 *
 * Which stream was chosen does not bind the peer: many begin in-band by themselves when SOCKS5 has failed, under the same sid. So either
 * is taken as long as there is none.
 */
import type { ErrorCode } from "../../lib/errors.js";

export type ResponderState =
  | { readonly at: "judging" }
  /** `tries`: how often the peer has named hosts. */
  | { readonly at: "waiting"; readonly tries: number }
  /** The peer has asked us to connect to one of his hosts. */
  | { readonly at: "dialling"; readonly tries: number }
  | { readonly at: "moving" }
  | { readonly at: "ended" };

export type ResponderEvent =
  /** The control unit takes the file, or does not. */
  | { readonly type: "accepted" }
  | { readonly type: "refused" }
  /** The peer names hosts (XEP-0065 §5.3.1). */
  | { readonly type: "hosts" }
  /** One of them was reached; none was. */
  | { readonly type: "reached" }
  | { readonly type: "unreached" }
  /** The peer has opened an in-band stream. */
  | { readonly type: "opened" }
  /** The stream has ended: with all that was announced, or with what went wrong. */
  | { readonly type: "came" }
  | { readonly type: "broke"; readonly code: ErrorCode }
  /** The peer offers the same file under another sid. */
  | { readonly type: "anew" }
  /** The wait for a stream is over. */
  | { readonly type: "late" }
  /** We are going down. */
  | { readonly type: "stop" };

export type ResponderEffect =
  /** (Again) begin the time in which a stream must come; from here to `settle` in-band streams are expected. */
  | { readonly do: "wait" }
  /** No further stream is waited for, and hosts are not dialled any more. */
  | { readonly do: "settle" }
  /** Try the hosts of this event. */
  | { readonly do: "dial" }
  /** Answer the peer's hosts: one is used (§5.3.3); none was reached; not wanted (§5.3.1). */
  | { readonly do: "answer"; readonly with: "used" | "unreachable" | "unwanted" }
  /** Move the bytes of this event's stream. */
  | { readonly do: "take" }
  /** Break the stream off: "broke" follows. */
  | { readonly do: "abort" }
  /** Close this event's stream: another one was faster. */
  | { readonly do: "drop" }
  /** The file is whole. */
  | { readonly do: "complete" }
  | { readonly do: "fail"; readonly code: ErrorCode };

export interface ResponderStep {
  readonly state: ResponderState;
  readonly effects: readonly ResponderEffect[];
}

export const JUDGING: ResponderState = { at: "judging" };
const ENDED: ResponderState = { at: "ended" };
const MOVING: ResponderState = { at: "moving" };
/** Each gives him time for the next: some name proxies after their own. */
const MOST_TRIES = 4;

const to = (state: ResponderState, ...effects: ResponderEffect[]): ResponderStep => ({ state, effects });
const answer = (word: "used" | "unreachable" | "unwanted"): ResponderEffect => ({ do: "answer", with: word });
const fail = (code: ErrorCode): ResponderEffect => ({ do: "fail", code });
const SETTLE: ResponderEffect = { do: "settle" };
const TAKE: ResponderEffect = { do: "take" };

/** What `event` makes of a session in `state`. */
export function respond(state: ResponderState, event: ResponderEvent): ResponderStep {
  switch (state.at) {
    case "judging":
      return judging(event);
    case "waiting":
    case "dialling":
      return open(state, event);
    case "moving":
      if (event.type === "came") return to(ENDED, { do: "complete" });
      if (event.type === "broke") return to(ENDED, fail(event.code));
      if (event.type === "stop") return to(state, { do: "abort" });
      return superfluous(state, event);
    case "ended":
      // It was accepted after all was over.
      if (event.type === "accepted") return to(state, fail("stopping"));
      return superfluous(state, event);
  }
}

function judging(event: ResponderEvent): ResponderStep {
  if (event.type === "accepted") return to({ at: "waiting", tries: 0 }, { do: "wait" });
  if (event.type === "refused" || event.type === "stop") return to(ENDED);
  return superfluous(JUDGING, event);
}

/** No stream yet. */
function open(state: Extract<ResponderState, { tries: number }>, event: ResponderEvent): ResponderStep {
  const { tries } = state;
  const dialling = state.at === "dialling";
  switch (event.type) {
    case "hosts":
      if (dialling || tries === MOST_TRIES) return to(state, answer("unwanted"));
      return to({ at: "dialling", tries: tries + 1 }, { do: "dial" });
    case "reached":
      return dialling ? to(MOVING, SETTLE, answer("used"), TAKE) : to(state, { do: "drop" });
    case "unreached":
      // The peer may name others, or go on in-band.
      return dialling ? to({ at: "waiting", tries }, answer("unreachable"), { do: "wait" }) : to(state);
    case "opened":
      return to(MOVING, SETTLE, ...(dialling ? [answer("unwanted")] : []), TAKE);
    case "anew":
      // Whoever has hosts to name, or a stream to open under the old sid, would do that.
      return tries > 0 && !dialling ? to(ENDED, SETTLE, fail("stream-unreachable")) : to(state);
    case "late":
      return to(ENDED, SETTLE, ...(dialling ? [answer("unreachable")] : []), fail("stream-unreachable"));
    case "stop":
      return to(ENDED, SETTLE, ...(dialling ? [answer("unwanted")] : []), fail("stopping"));
    default:
      return to(state);
  }
}

/** Too early or too late: whoever asks is answered, what is open is closed, and nothing changes. */
function superfluous(state: ResponderState, event: ResponderEvent): ResponderStep {
  if (event.type === "hosts") return to(state, answer("unwanted"));
  if (event.type === "reached" || event.type === "opened") return to(state, { do: "drop" });
  return to(state);
}
