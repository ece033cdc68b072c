/**
 * Stream initiation as its sender sees it (XEP-0095, 0096; streams by XEP-0065 or 0047). Each step has one thing to be done, and what
 * comes of that is the next event; so nothing is ever waited for that nobody does. Pure: no stanzas, no clock, no sockets.
 *
 *     offering ──▶ naming ──▶ joining ──▶ giving ──▶ ended
 *                    └──────▶ opening ──────┘
 */
import type { OfferEvent } from "../../control/ports.js";
import type { ErrorCode } from "../../lib/errors.js";

export type StreamKind = "bytestreams" | "in-band";

export type InitiatorState =
  /** The peer is asked: a person may take his time. */
  | { readonly at: "offering" }
  /** Our hosts have been named to him. */
  | { readonly at: "naming" }
  /** Our own way to the host that he has chosen. */
  | { readonly at: "joining" }
  /** In-band: chosen by him, or tried because SOCKS5 has failed. */
  | { readonly at: "opening" }
  | { readonly at: "giving" }
  | { readonly at: "dismissing" }
  | { readonly at: "ended" };

export type InitiatorEvent =
  /** `late`: the offer had been withdrawn. */
  | { readonly type: "accepted"; readonly method: StreamKind | "other"; readonly late: boolean }
  | { readonly type: "declined" }
  /** Not by him: his client cannot, is not there, or we are not online. */
  | { readonly type: "refused"; readonly code: ErrorCode }
  /** He is connected to this host of ours. */
  | { readonly type: "used"; readonly host: "own" | "proxy" }
  /** A stream is there. */
  | { readonly type: "ready" }
  /** This way leads nowhere. */
  | { readonly type: "unready" }
  | { readonly type: "given" }
  | { readonly type: "broke" }
  /** Whoever ordered the offer has lost interest. */
  | { readonly type: "withdrawn" }
  /** We are going down. */
  | { readonly type: "stop" };

export type InitiatorEffect =
  | { readonly do: "name-hosts" }
  | { readonly do: "meet" }
  | { readonly do: "join-proxy" }
  | { readonly do: "open" }
  | { readonly do: "give" }
  /** He waits for a stream that will not come: let him know by one that ends at once. */
  | { readonly do: "dismiss"; readonly method: StreamKind }
  /** Nothing more; `report` is the last word. */
  | { readonly do: "end"; readonly report?: OfferEvent };

export interface InitiatorStep {
  readonly state: InitiatorState;
  readonly effect: InitiatorEffect;
}

export const OFFERING: InitiatorState = { at: "offering" };

const to = (at: InitiatorState["at"], act: Exclude<InitiatorEffect["do"], "dismiss" | "end">): InitiatorStep => ({
  state: { at },
  effect: { do: act },
});
const end = (report?: OfferEvent): InitiatorStep => ({
  state: { at: "ended" },
  effect: { do: "end", ...(report && { report }) },
});
/** It goes back, and is offered again. */
const CUT = end({ type: "cut" });
/** libpurple and others wait for an in-band stream of the same sid when SOCKS5 has failed; whoever does not says no at once. */
const IN_BAND = to("opening", "open");
const failed = (code: ErrorCode): InitiatorStep => end({ type: "failed", code });

/** What `event` makes of an offer in `state`. One that cannot come of what was to be done ends it as a failure. */
export function initiate({ at }: InitiatorState, event: InitiatorEvent): InitiatorStep {
  const cut = at === "giving" ? CUT : undefined;
  if (event.type === "stop") return cut ?? end();
  if (at === "ended" || at === "dismissing" || event.type === "withdrawn") return end();
  return STEPS[at](event) ?? cut ?? failed("internal");
}

type Step = (event: InitiatorEvent) => InitiatorStep | undefined;

const STEPS: Readonly<Record<Exclude<InitiatorState["at"], "dismissing" | "ended">, Step>> = {
  offering(event) {
    switch (event.type) {
      case "accepted":
        if (event.method === "other") return event.late ? end() : failed("no-method");
        if (event.late) return { state: { at: "dismissing" }, effect: { do: "dismiss", method: event.method } };
        return event.method === "bytestreams" ? to("naming", "name-hosts") : to("opening", "open");
      case "declined":
        return end({ type: "declined" });
      case "refused":
        return failed(event.code);
      default:
        return undefined;
    }
  },
  naming(event) {
    if (event.type === "used") return to("joining", event.host === "own" ? "meet" : "join-proxy");
    return event.type === "unready" ? IN_BAND : undefined;
  },
  joining(event) {
    if (event.type === "ready") return to("giving", "give");
    return event.type === "unready" ? IN_BAND : undefined;
  },
  opening(event) {
    if (event.type === "ready") return to("giving", "give");
    return event.type === "unready" ? failed("stream-unreachable") : undefined;
  },
  giving(event) {
    return event.type === "given" ? end({ type: "delivered" }) : undefined;
  },
};
