/**
 * XEP-0047 as decisions: one session, from its accepted `open` to its end. Both directions are here because one `close` ends both; each has
 * its own seq (§3). Left out: going on after an error (§2.2 lets a sender try again later; whoever wanted the stream makes another one).
 */
import { MOST } from "../wire/xep0047-ibb.js";

export type Phase =
  | "open"
  | "received" // all that we wanted has come: the peer's close is awaited
  | "finishing" // we have said our last: answers to blocks are awaited, then comes our close
  | "closing" // our close is on its way
  | "left" // the peer has closed, and owes answers to blocks
  | "ended";

/** Why it ended before its time. */
export type Cut = "disorder" | "garbled" | "too-long" | "overrun" | "refused" | "silent" | "gone" | "let-go";

export interface Session {
  readonly phase: Phase;
  /** Bytes of one block at most. */
  readonly blockSize: number;
  /** The seq of the peer's next block, and of ours. */
  readonly expected: number;
  readonly next: number;
  /** Blocks of ours without an answer. */
  readonly unanswered: number;
  /** Set when bytes may be missing. */
  readonly cut: Cut | undefined;
}

export type Event =
  | { readonly type: "block"; readonly seq: number; readonly size: number | undefined } // from the peer; no size: no base64
  | { readonly type: "garbled" } // the block just taken is no base64 after all
  | { readonly type: "overrun" } // there is no room for the block, however long the peer would wait
  | { readonly type: "close" } // from the peer
  | { readonly type: "sent" } // a block of ours
  | { readonly type: "answered" } // a block of ours was taken
  | { readonly type: "refused" } // a block of ours was not, or nobody says so
  | { readonly type: "finish" } // no more blocks of ours
  | { readonly type: "close-answered" } // whatever the answer was, or that there was none
  | { readonly type: "received" }
  | { readonly type: "let-go" }
  | { readonly type: "silent" } // nothing has come for too long
  | { readonly type: "gone" }; // the peer or the server is away: nothing can be said

/** What the peer is told of a stanza of his; "take": result, and the bytes are in order. */
export type Answer = "take" | "result" | "not-found" | Extract<Cut, "disorder" | "garbled" | "too-long" | "overrun">;

export interface Step {
  readonly session: Session;
  /** For stanzas of the peer. */
  readonly answer?: Answer;
  /** Whether our close is to be sent now. */
  readonly close?: boolean;
}

export function begin(blockSize: number): Session {
  return { phase: "open", blockSize, expected: 0, next: 0, unanswered: 0, cut: undefined };
}

export function step(session: Session, event: Event): Step {
  const { phase, unanswered } = session;
  switch (event.type) {
    case "block":
      return block(session, event.seq, event.size);
    case "garbled":
    case "overrun":
      return { ...cut(session, event.type), answer: event.type };
    case "close":
      return { session: closed(session), answer: "result" };
    case "sent":
      return { session: { ...session, next: (session.next + 1) % (MOST + 1), unanswered: unanswered + 1 } };
    case "answered":
      return answered({ ...session, unanswered: unanswered - 1 });
    case "refused":
      return cut(session, "refused");
    case "finish":
      return phase === "open" ? answered({ ...session, phase: "finishing" }) : { session };
    case "close-answered":
      return { session: phase === "closing" ? { ...session, phase: "ended" } : session };
    case "received":
      return phase === "open" ? { session: { ...session, phase: "received" } } : { session };
    case "let-go":
    case "silent":
    case "gone":
      return cut(session, event.type);
  }
}

/** §2.2: in its order, in its size, or the stream is closed. */
function block(session: Session, seq: number, size: number | undefined): Step {
  const { phase, expected, blockSize } = session;
  if (phase !== "open" && phase !== "finishing") return { session, answer: "not-found" };
  const fault =
    seq !== expected ? "disorder" : size === undefined ? "garbled" : size > blockSize ? "too-long" : undefined;
  if (fault) return { ...cut(session, fault), answer: fault };
  return { session: { ...session, expected: (expected + 1) % (MOST + 1) }, answer: "take" };
}

/** §2.3: after the peer's close nothing new goes either way; what he has taken he may still say. */
function closed(session: Session): Session {
  const { phase, unanswered } = session;
  if (phase === "ended") return session;
  return { ...session, phase: unanswered > 0 ? "left" : "ended" };
}

function answered(session: Session): Step {
  const { phase, unanswered } = session;
  if (unanswered > 0) return { session };
  if (phase === "finishing") return { session: { ...session, phase: "closing" }, close: true };
  return { session: phase === "left" ? { ...session, phase: "ended" } : session };
}

/** Ends it at once. Where all bytes have been taken on both sides, nothing is lost by it. */
function cut(session: Session, why: Cut): Step {
  const { phase } = session;
  if (phase === "ended") return { session };
  const whole = phase === "closing" || phase === "received";
  const close = (phase === "open" || phase === "finishing" || phase === "received") && why !== "gone";
  return { session: { ...session, phase: "ended", cut: whole ? undefined : why }, close };
}

/** How many blocks may be on their way: more do not make it faster, and each lies in a queue of the server. */
export function windowOf(blockSize: number): number {
  return Math.max(1, Math.min(16, Math.floor(2 ** 18 / blockSize)));
}

/** What to try after `resource-constraint` (§2.1); undefined when it is no use. */
export function smallerThan(blockSize: number): number | undefined {
  const half = Math.floor(blockSize / 2);
  return half >= 256 ? half : undefined;
}
