/**
 * The life of a Jingle session that moves one file, as a pure step function: XEP-0166 §6, with what XEP-0234, 0260 §3 and 0261 add.
 *
 *   in:   judging ─▶ connecting ─▶ moving ─▶ closing ─▶ ended              he offers, and sends
 *   out:  offered ─▶ connecting ─▶ moving ─▶ closing ─▶ parting ─▶ ended   we do
 *                     │      ▲
 *                     ▼      │    SOCKS5 has come to nothing: in-band takes its place, and it is the initiator who says so
 *                    replacing
 *
 * Every state ends: the caller feeds "timeout" when it has lasted as long as {@link patience} says. How a session ended is told once, and
 * nothing stays open after the end.
 */
import type { ErrorCode } from "../../lib/errors.js";
import type { Condition } from "../wire/xep0166-jingle.js";
import { isNo, reasonOf } from "./jingle-reasons.js";

/** Who offers the file: "in" is he, "out" is we. */
export type Direction = "in" | "out";
export type Way = "s5b" | "ibb";

type Plain<A extends string> = { readonly at: A };

export type State =
  | Plain<"judging">
  | Plain<"offered">
  | { readonly at: "connecting"; readonly way: Way }
  | Plain<"replacing">
  /** `all` (out): the last byte is on its way. `left` (in): he has said good-bye; what he sent is still coming out of the stream. */
  | { readonly at: "moving"; readonly all: boolean; readonly left: boolean }
  /** in: all bytes are here and are being kept. out: all are gone, and his word is awaited; `sure`: the stream says that he has them. */
  | { readonly at: "closing"; readonly sure: boolean; readonly left: boolean }
  /** He has said that he has it, and not yet good-bye. */
  | Plain<"parting">
  | Plain<"ended">;

/** What the peer says, as far as it makes a difference. */
export type Heard =
  | { readonly type: "accept" | "transport-replace" | "transport-accept"; readonly way: Way | "other" }
  | { readonly type: "transport-info" | "transport-reject" | "received" | "checksum" | "ping" | "unknown-info" }
  /** He adds a file; he takes the one back, or refuses it; he says something about it that changes nothing. */
  | { readonly type: "content-add" | "content-remove" | "remark" }
  | { readonly type: "terminate"; readonly condition: Condition };

/** What our own parts say. */
export type Noted =
  | { readonly type: "wanted"; readonly way: Way }
  /** It is not wanted, cannot be kept, or cannot be read. */
  | { readonly type: "refused"; readonly code: ErrorCode }
  /** He answered our last word with an error; his client is no longer there, of which its streams may not know yet. */
  | { readonly type: "bounced" | "vanished" }
  | { readonly type: "connected" | "unconnected" }
  /** The last byte is about to go; all bytes have come, or gone; the stream broke; it is kept. */
  | { readonly type: "last" | "moved" | "broken" | "kept" }
  | { readonly type: "timeout" | "withdrawn" | "stopping" };

export type Event = Heard | Noted;

export type Outcome =
  { readonly type: "done" | "declined" | "cut" | "withdrawn" } | { readonly type: "failed"; readonly code: ErrorCode };

export type Effect =
  | { readonly type: "say"; readonly what: Saying }
  /** With the words of `code`, where there is one. */
  | { readonly type: "terminate"; readonly condition: Condition; readonly code?: ErrorCode }
  /** What he says of his transport is for whoever makes the connection; what he says of the hash, for whoever keeps the file. */
  | { readonly type: "candidates" | "checksum" }
  | { readonly type: "connect"; readonly way: Way }
  /** Let go of the stream, or of the attempt to make one. */
  | { readonly type: "disconnect" }
  | { readonly type: "move" | "keep" }
  | { readonly type: "outcome"; readonly outcome: Outcome };
export type Saying = "accept" | "replace" | "transport-accept" | "transport-reject" | "content-reject" | "received";

/** What the peer's iq is answered with: a result, or one of the errors of XEP-0166 §10. */
export type Reply = "ok" | "out-of-order" | "tie-break" | "unsupported-info";

export interface Step {
  readonly state: State;
  readonly reply: Reply;
  readonly effects: readonly Effect[];
}

/** The next state, what is to be done, and the answer to what the peer said. */
export function step(direction: Direction, state: State, event: Event): Step {
  if (state.at === "ended") return { state, reply: "ok", effects: [] };
  const row = (TABLES[direction][state.at] as Rows<State>)[event.type] ?? COMMON[event.type];
  if (!row) return { state, reply: isHeard(event) ? "out-of-order" : "ok", effects: [] };
  const change = typeof row === "function" ? (row as (event: Event, state: State) => Change)(event, state) : row;
  return { state, reply: "ok", effects: [], ...change };
}

const MINUTE = 60_000;

/** How long a state may last, in ms. Bytes have a limit of their own, at the stream; a day is for a stream that has none. */
export function patience(direction: Direction, { at }: State): number {
  const limits: Record<State["at"], number> = {
    judging: MINUTE,
    offered: 60 * MINUTE,
    connecting: MINUTE,
    replacing: MINUTE,
    moving: 24 * 60 * MINUTE,
    // Storage may take its time with a large file; a client tells at once that it has one.
    closing: direction === "in" ? 10 * MINUTE : MINUTE / 2,
    parting: MINUTE / 6,
    ended: 0,
  };
  return limits[at];
}

export function begin(direction: Direction): State {
  return { at: direction === "in" ? "judging" : "offered" };
}

const NOTED: ReadonlySet<Event["type"]> = new Set<Noted["type"]>([
  "wanted", "refused", "bounced", "vanished", "connected", "unconnected", "last", "moved", "broken", "kept", "timeout", "withdrawn", "stopping",
]); // prettier-ignore

function isHeard(event: Event): event is Heard {
  return !NOTED.has(event.type);
}

// ───────────────────────────── what rows are made of ─────────────────────────────

/** Absent: the same state, a result, nothing to do. */
type Change = Partial<Step>;
type Row<E, S> = Change | ((event: E, state: S) => Change);
type Rows<S> = { readonly [T in Event["type"]]?: Row<Extract<Event, { type: T }>, S> };
type Table = { readonly [A in Exclude<State["at"], "ended">]: Rows<Extract<State, { at: A }>> };

const ENDED: State = { at: "ended" };
const DONE: Outcome = { type: "done" };
const DECLINED: Outcome = { type: "declined" };
const CUT: Outcome = { type: "cut" };
const WITHDRAWN: Outcome = { type: "withdrawn" };
const failed = (code: ErrorCode): Outcome => ({ type: "failed", code });
const UNREACHABLE = failed("stream-unreachable");
const CALLED_OFF = failed("called-off");
const NO_METHOD = failed("no-method");

const DISCONNECT: Effect = { type: "disconnect" };
const say = (what: Saying): Effect => ({ type: "say", what });
const tell = (outcome: Outcome): Effect => ({ type: "outcome", outcome });

/** He has ended it. */
const over = (outcome: Outcome): Change => ({ state: ENDED, effects: [DISCONNECT, tell(outcome)] });
/** We end it. */
const end = (condition: Condition, outcome: Outcome): Change => ({
  state: ENDED,
  effects: [DISCONNECT, { type: "terminate", condition }, tell(outcome)],
});
/** We end it, and say why. */
const refuse = ({ code }: { readonly code: ErrorCode }): Change => ({
  state: ENDED,
  effects: [DISCONNECT, { type: "terminate", condition: reasonOf(code).condition, code }, tell(failed(code))],
});
const doing = (...effects: Effect[]): Change => ({ effects });
const connect = (way: Way, ...before: Effect[]): Change => ({
  state: { at: "connecting", way },
  effects: [...before, { type: "connect", way }],
});
const move: Change = { state: { at: "moving", all: false, left: false }, effects: [{ type: "move" }] };
/** His good-bye: a person's no is one. */
const goodBye =
  (otherwise: Outcome, no: Outcome = DECLINED) =>
  (event: { readonly condition: Condition }): Change =>
    over(isNo(event.condition) ? no : otherwise);
/** In-band in place of SOCKS5. */
const replace = ({ way }: { readonly way: Way | "other" }): Change =>
  way === "ibb" ? connect("ibb", DISCONNECT, say("transport-accept")) : doing(say("transport-reject"));
const keepTransport = doing(say("transport-reject"));

// ───────────────────────────── the tables ─────────────────────────────

/** Where a table has nothing else. What the peer says and no row takes is out of order. */
const COMMON: Rows<State> = {
  ping: {},
  "unknown-info": { reply: "unsupported-info" },
  "transport-info": {}, // late, or early
  checksum: {},
  received: {},
  remark: {},
  "content-add": doing(say("content-reject")),
};

const IN_COMMON: Rows<State> = {
  refused: refuse,
  stopping: refuse({ code: "stopping" }),
  checksum: doing({ type: "checksum" }),
};

const IN: Omit<Table, "offered" | "parting"> = {
  judging: {
    ...IN_COMMON,
    wanted: ({ way }) => connect(way, say("accept")),
    "transport-info": doing({ type: "candidates" }),
    "transport-replace": keepTransport,
    "content-remove": end("cancel", CALLED_OFF),
    terminate: goodBye(CUT, CALLED_OFF),
    vanished: over(UNREACHABLE),
    timeout: end("timeout", CUT),
  },
  connecting: {
    ...IN_COMMON,
    connected: move,
    unconnected: (_, { way }) =>
      way === "s5b" ? { state: { at: "replacing" }, effects: [DISCONNECT] } : refuse({ code: "stream-unreachable" }),
    "transport-info": doing({ type: "candidates" }),
    "transport-replace": replace,
    "content-remove": end("cancel", CALLED_OFF),
    terminate: goodBye(UNREACHABLE, CALLED_OFF),
    bounced: over(UNREACHABLE),
    vanished: over(UNREACHABLE),
    timeout: refuse({ code: "stream-unreachable" }),
  },
  replacing: {
    ...IN_COMMON,
    "transport-replace": replace,
    "content-remove": end("cancel", CALLED_OFF),
    terminate: goodBye(UNREACHABLE, CALLED_OFF),
    bounced: over(UNREACHABLE),
    vanished: over(UNREACHABLE),
    timeout: refuse({ code: "stream-unreachable" }),
  },
  moving: {
    ...IN_COMMON,
    moved: (_, { left }) => ({ state: { at: "closing", sure: true, left }, effects: [{ type: "keep" }] }),
    broken: (_, { left }) => (left ? over(CUT) : end("connectivity-error", CUT)),
    "transport-replace": keepTransport,
    "content-remove": end("cancel", CUT),
    // Some say so as soon as the last byte is sent, which is before it has come.
    terminate: ({ condition }, state) => (condition === "success" ? { state: { ...state, left: true } } : over(CUT)),
    timeout: end("connectivity-error", CUT),
  },
  closing: {
    ...IN_COMMON,
    kept: (_, { left }) =>
      left
        ? over(DONE)
        : {
            state: ENDED,
            effects: [DISCONNECT, say("received"), { type: "terminate", condition: "success" }, tell(DONE)],
          },
    refused: ({ code }, { left }) => (left ? over(failed(code)) : refuse({ code })),
    "transport-replace": keepTransport,
    // All of it is here, and whatever he says now does not undo it.
    "content-remove": {},
    terminate: (_, state) => ({ state: { ...state, left: true } }),
    timeout: refuse({ code: "storage-down" }),
  },
};

const OUT_COMMON: Rows<State> = {
  refused: refuse,
  withdrawn: end("cancel", WITHDRAWN),
  stopping: end("gone", WITHDRAWN),
  "content-remove": end("cancel", DECLINED),
};

const OUT: Omit<Table, "judging"> = {
  offered: {
    ...OUT_COMMON,
    accept: ({ way }) => (way === "other" ? end("incompatible-parameters", NO_METHOD) : connect(way)),
    "transport-info": doing({ type: "candidates" }),
    "transport-replace": keepTransport,
    terminate: goodBye(NO_METHOD),
    bounced: over(NO_METHOD),
    timeout: end("timeout", NO_METHOD),
  },
  connecting: {
    ...OUT_COMMON,
    connected: move,
    unconnected: (_, { way }) =>
      way === "s5b"
        ? { state: { at: "replacing" }, effects: [DISCONNECT, say("replace")] }
        : end("failed-transport", NO_METHOD),
    "transport-info": doing({ type: "candidates" }),
    "transport-replace": replace,
    terminate: goodBye(NO_METHOD),
    bounced: over(NO_METHOD),
    timeout: end("failed-transport", NO_METHOD),
  },
  replacing: {
    ...OUT_COMMON,
    "transport-accept": ({ way }) => (way === "ibb" ? connect("ibb") : end("failed-transport", NO_METHOD)),
    "transport-reject": end("failed-transport", NO_METHOD),
    // Ours overrules his (XEP-0166 §7.2.16).
    "transport-replace": { reply: "tie-break" },
    terminate: goodBye(NO_METHOD),
    bounced: end("failed-transport", NO_METHOD),
    timeout: end("failed-transport", NO_METHOD),
  },
  moving: {
    ...OUT_COMMON,
    last: (_, state) => ({ state: { ...state, all: true } }),
    moved: { state: { at: "closing", sure: true, left: false } },
    // Who has the last byte may let go of the stream before he says so.
    broken: (_, { all }) =>
      all ? { state: { at: "closing", sure: false, left: false } } : end("connectivity-error", CUT),
    received: (_, { all }) => (all ? { state: { at: "parting" }, effects: [DISCONNECT, tell(DONE)] } : {}),
    "transport-replace": keepTransport,
    terminate: (event, { all }) => (all && event.condition === "success" ? over(DONE) : goodBye(CUT)(event)),
    timeout: end("connectivity-error", CUT),
  },
  closing: {
    ...OUT_COMMON,
    received: { state: { at: "parting" }, effects: [DISCONNECT, tell(DONE)] },
    "transport-replace": keepTransport,
    terminate: (event) => (event.condition === "success" ? over(DONE) : goodBye(CUT)(event)),
    // An acknowledged stream is not a file: Dino takes all of an in-band one, and cannot make anything of it.
    timeout: (_, { sure }) => (sure ? end("timeout", NO_METHOD) : end("connectivity-error", CUT)),
  },
  parting: {
    terminate: { state: ENDED },
    "content-remove": {},
    timeout: { state: ENDED, effects: [{ type: "terminate", condition: "success" }] },
    stopping: { state: ENDED, effects: [{ type: "terminate", condition: "success" }] },
  },
};

/** Either direction has states that the other never is in. */
const TABLES: Record<Direction, Partial<Record<State["at"], unknown>>> = {
  in: { ...IN, offered: {}, parting: {} },
  out: { ...OUT, judging: {} },
};
