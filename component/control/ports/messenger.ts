/** Who is where, what is said to people, and the ways to hand a parcel over. */
import type { ErrorCode } from "../../lib/errors.js";
import type { BareJid, FullJid, Jid } from "../../lib/jid.js";
import type { Said } from "../../lib/said.js";
import type { Span, FileFacts, Parcel, Picture } from "../values.js";
import type { BlobReader } from "./blobs.js";

/** One connected client of a contact. */
export interface Resource {
  readonly jid: FullJid;
  /** The same from its coming to its going: when it comes again, it knows nothing of what it was asked. */
  readonly stay: number;
  readonly priority: number;
  /** RFC 6121 §4.7.2.1; "" is plainly available. */
  readonly show: "" | "chat" | "away" | "xa" | "dnd";
  /** What its program, in this version and so configured, is known by: the same for all who run it. Undefined when it does not say. */
  readonly software: string | undefined;
  /** Whether what it can do is known by now, or never will be. */
  readonly isKnown: boolean;
  /** Whether its caps say so; undefined while they are not known. */
  can(feature: string): boolean | undefined;
}

/** Who is where. */
export interface Whereabouts {
  /** Connected clients that take messages, best first. Empty: away, or not followed. */
  resources(jid: BareJid): readonly Resource[];
  /** Whether presence tells us about him at all. */
  knows(jid: BareJid): boolean;
  /** Asks to see his presence, and lets him see ours. */
  follow(jid: BareJid): void;
  /** Another process, to which people's presence went, is gone: whoever has not been heard of here is asked about. */
  inherit(): void;
  /** This client did not answer: it counts as gone until its next presence. */
  lost(jid: FullJid): void;
}

/** Says things to people, in chat. */
export interface Speaker {
  /** One message, in the language of whoever gets it, to a bare or full address. Resolves when it is on the wire; rejects with Refusal "offline". `answering`: the address that was addressed, from which to speak. */
  say(to: Jid, said: Said, answering?: Jid): Promise<void>;
  /** As `say`, and settles when the server has it; a rejection leaves open whether it has. `id`: the same for what is said again because nobody knows. `corrects`: the id of what it replaces (XEP-0308). */
  tell(to: Jid, said: Said, answering: Jid | undefined, id: string, corrects?: string): Promise<void>;
  /** Whether everybody who would see a correction sees it in the place of what it corrects. */
  corrects(to: Jid): boolean;
  /** As `say`; settles when a client says that it has it (XEP-0184), or after a moment where none does. Never rejects. */
  introduce(to: BareJid, said: Said): Promise<void>;
  /** As `say`, to an address that may not exist or may not be wanted there; tells if a server gives it back. */
  ask(to: Jid, said: Said, bounced: (condition: string) => void): Promise<void>;
  /**
   * One person's words to another, as they are, under `as`: the address here that stands in for him. `message`: their id, and that of the words
   * that they replace (XEP-0308). Settles as `say`; `bounced` is called if a server gives them back.
   */
  pass(to: BareJid, text: string, as: BareJid, message: { id: string; corrects?: string }, bounced: () => void): Promise<void>; // prettier-ignore
  /** A message that is nothing but a file's URL, in every form that clients know. Settles as `say`. */
  hand(to: Jid, url: string, file: FileFacts, answering?: Jid, picture?: Picture): Promise<void>;
  /** A line that corrects itself (XEP-0308) where the client can; elsewhere only its first and its last words are said. */
  progress(to: Jid, answering?: Jid): ProgressLine;
}

export interface ProgressLine {
  /** Replaces what it said; rate-limited by the speaker. */
  update(said: Said): void;
  /** The last word. */
  end(said: Said): Promise<void>;
}

/** A parcel to be handed over by one method to one recipient. */
export interface OfferOrder {
  readonly parcel: Parcel;
  /** The clients to try; empty when he is away and the method can wait for him at the server. A method that speaks to one client gets one. */
  readonly resources: readonly Resource[];
  /** For link offers. */
  readonly url: string;
  /** It leads away from here, so that nothing more is ever known than whether the message with it has come: then it is delivered. */
  readonly isElsewhere?: boolean;
  /** The chat line that goes before it; "" when it has been said. */
  readonly line: Said;
  /** Settles when he has the line that has been said, or after a moment: for offers that clients lose which have not read it. Never rejects. */
  readonly introduced?: Promise<void>;
  /** What is to be seen of it, where it is a picture. */
  readonly picture?: Picture | undefined;
  /** The bytes, for methods that move them. */
  read(span: Span, signal?: AbortSignal): Promise<BlobReader>;
  /**
   * Of a file that still comes in: what it is once it is kept, before its last byte can be read. Until then `parcel` has no number, and no
   * `sha256` ("") unless its sender has named one. Rejects when it is not kept; then the offer has been withdrawn.
   */
  readonly kept?: Promise<Pick<OfferOrder, "parcel" | "line">>;
}

export type OfferEvent =
  | { readonly type: "sent" } // it is on the wire
  | { readonly type: "reached" } // the client says that it is there (XEP-0184)
  | { readonly type: "unreached" } // no answer in time: nobody is there
  | { readonly type: "bounced"; readonly condition: string } // the server gave it back
  | { readonly type: "moving" } // there is a stream: the first byte goes when the report resolves
  | { readonly type: "last" } // the last byte goes when the report resolves
  | { readonly type: "cut" } // bytes stopped before the last one
  | { readonly type: "delivered" }
  | { readonly type: "declined" }
  | { readonly type: "failed"; readonly code: ErrorCode };

/** One way to hand a parcel over. Their order in `main.ts` is the order in which they are tried. */
export interface OfferMethod {
  readonly name: string;
  /** Whether the server keeps such an offer for somebody who is away: then silence is no failure. */
  readonly keeps: boolean;
  /** Whether this client can take this parcel so; `undefined` resource: he is away. */
  suits(parcel: Parcel, resource: Resource | undefined): boolean;
  /**
   * Starts the offer; what becomes of it is reported. The answer withdraws it: nothing more is reported then. Must be quick: it is called on
   * the presence path. `report` resolves when the event is on record, or after a moment in any case; it never rejects. Only "moving" and
   * "last" are waited for. An offer that nobody answers may stay: a late answer still counts unless it was withdrawn.
   */
  offer(order: OfferOrder, report: (event: OfferEvent) => Promise<void>): () => void;
}
