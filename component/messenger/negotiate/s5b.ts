/**
 * Which SOCKS5 connection is used (XEP-0260 §2.3 and §2.4). Both sides try the other's candidates and say once how that went; then both know
 * the same winner. Who offered the winner activates it when it is a proxy. Pure: connecting, activating and the clock are the caller's.
 */
import type { Role } from "../wire/xep0166-jingle.js";
import type { Candidate, S5bInfo } from "../wire/xep0260-jingle-s5b.js";

/** What one side could connect to: one of the other's candidates, or none. */
export type Verdict = Candidate | "none";

export type Choice =
  | { readonly at: "trying"; readonly said?: Verdict; readonly heard?: Verdict }
  /** The winner is a proxy of ours, which we join and activate. */
  | { readonly at: "activating"; readonly proxy: Candidate }
  /** The winner is a proxy of theirs, to which we are connected. */
  | { readonly at: "awaiting"; readonly proxy: Candidate }
  | { readonly at: "chosen" | "failed" };

export type ChoiceEvent =
  | { readonly type: "heard"; readonly info: S5bInfo }
  /** We are connected to one of their candidates, or to none and will try no more. */
  | { readonly type: "tried"; readonly verdict: Verdict }
  | { readonly type: "activated" | "not-activated" | "timeout" };

export type ChoiceEffect =
  | { readonly type: "say"; readonly info: S5bInfo }
  /** Join this proxy of ours and activate it. */
  | { readonly type: "activate"; readonly proxy: Candidate }
  /** The stream is there: the one that we have opened to their candidate, the one that came to ours, or the one through our proxy. */
  | { readonly type: "use"; readonly which: "dialled" | "arrived" | "proxy" }
  | { readonly type: "fail" };

export interface ChoiceStep {
  readonly state: Choice;
  readonly effects: readonly ChoiceEffect[];
}

export const TRYING: Choice = { at: "trying" };

/** `ours`: the candidates that we have offered; one that we have not can be nobody's choice. */
export function step(role: Role, ours: readonly Candidate[], state: Choice, event: ChoiceEvent): ChoiceStep {
  const stay: ChoiceStep = { state, effects: [] };
  if (state.at === "chosen" || state.at === "failed") return stay;
  if (event.type === "timeout") return failed;
  switch (state.at) {
    case "trying":
      return trying(role, ours, state, event) ?? stay;
    case "activating":
      if (event.type === "not-activated") return { ...failed, effects: [say({ type: "proxy-error" }), FAIL] };
      if (event.type !== "activated") return stay;
      return chosen("proxy", say({ type: "activated", cid: state.proxy.cid }));
    case "awaiting":
      if (event.type !== "heard") return stay;
      if (event.info.type === "proxy-error") return failed;
      // There is but one thing to activate, whatever cid is named.
      return event.info.type === "activated" ? chosen("dialled") : stay;
  }
}

type Trying = Extract<Choice, { at: "trying" }>;

function trying(role: Role, ours: readonly Candidate[], state: Trying, event: ChoiceEvent): ChoiceStep | undefined {
  if (event.type === "tried" && state.said === undefined) {
    const info: S5bInfo =
      event.verdict === "none" ? { type: "candidate-error" } : { type: "candidate-used", cid: event.verdict.cid };
    const next = settle(role, { ...state, said: event.verdict });
    return { ...next, effects: [say(info), ...next.effects] };
  }
  if (event.type !== "heard" || state.heard !== undefined) return undefined;
  const heard = verdict(ours, event.info);
  return heard && settle(role, { ...state, heard });
}

function verdict(ours: readonly Candidate[], info: S5bInfo): Verdict | undefined {
  if (info.type === "candidate-error") return "none";
  if (info.type !== "candidate-used") return undefined;
  return ours.find(({ cid }) => cid === info.cid) ?? "none";
}

function settle(role: Role, state: Trying): ChoiceStep {
  const { said, heard } = state;
  if (said === undefined || heard === undefined) return { state, effects: [] };
  const winner = nominate(role, said, heard);
  if (winner === "none") return failed;
  const { candidate, offeredBy } = winner;
  if (candidate.type !== "proxy") return chosen(offeredBy === "us" ? "arrived" : "dialled");
  if (offeredBy === "them") return { state: { at: "awaiting", proxy: candidate }, effects: [] };
  return { state: { at: "activating", proxy: candidate }, effects: [{ type: "activate", proxy: candidate }] };
}

/**
 * §2.4. `said`: the candidate of theirs that we are connected to; `heard`: the candidate of ours that they are. The higher priority wins,
 * and among equals the one that the initiator is connected to.
 */
export function nominate(
  role: Role,
  said: Verdict,
  heard: Verdict,
): { readonly candidate: Candidate; readonly offeredBy: "us" | "them" } | "none" {
  const theirs = said !== "none" && { candidate: said, offeredBy: "them" as const };
  const ours = heard !== "none" && { candidate: heard, offeredBy: "us" as const };
  if (!theirs || !ours) return theirs || ours || "none";
  const difference = theirs.candidate.priority - ours.candidate.priority;
  if (difference === 0) return role === "initiator" ? theirs : ours;
  return difference > 0 ? theirs : ours;
}

/** Their candidates in the order in which they are tried; none is worth trying that could not win over what they have already chosen (§2.3). */
export function worthTrying(candidates: readonly Candidate[], { heard }: { readonly heard?: Verdict }): Candidate[] {
  const least = heard === undefined || heard === "none" ? 0 : heard.priority;
  return candidates.filter(({ priority }) => priority >= least).sort((a, b) => b.priority - a.priority);
}

const FAIL: ChoiceEffect = { type: "fail" };
const failed: ChoiceStep = { state: { at: "failed" }, effects: [FAIL] };

function say(info: S5bInfo): ChoiceEffect {
  return { type: "say", info };
}

function chosen(which: "dialled" | "arrived" | "proxy", ...before: ChoiceEffect[]): ChoiceStep {
  return { state: { at: "chosen" }, effects: [...before, { type: "use", which }] };
}

/** §2.2: 126, 120, 110 and 10 are the XEP's own; within a type the earlier is the better. */
const PREFERENCE = { direct: 126, assisted: 120, tunnel: 110, proxy: 10 } as const;

export function priorityOf(type: Candidate["type"], position: number): number {
  return PREFERENCE[type] * 2 ** 16 + (65_535 - position);
}
