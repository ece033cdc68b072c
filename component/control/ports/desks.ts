/** What the others ask of the control unit. */
import type { Refusal } from "../../lib/errors.js";
import type { BareJid, FullJid, Jid } from "../../lib/jid.js";
import type { Said } from "../../lib/said.js";
import type {
  Contact,
  FileFacts,
  FileMark,
  Instant,
  KeptFile,
  ParcelState,
  Picture,
  Span,
  StandIn,
  UploadRight,
} from "../values.js";
import type { BlobReader } from "./blobs.js";
import type { Resource } from "./messenger.js";

/** A file announced by a link in a message (XEP-0066, 0385, 0447 or plain text). */
export interface IncomingLink {
  readonly url: string;
  readonly name?: string;
  readonly size?: number;
  readonly mediaType?: string;
  /** Lower-case hex. */
  readonly sha256?: string;
}

/** A file that somebody offers by his client's own transfer (XEP-0096, XEP-0234). */
export interface IncomingFile {
  readonly name: string;
  /** Bytes; where the bytes stop. */
  readonly size: number;
  readonly mediaType?: string;
  /** Lower-case hex. */
  readonly sha256?: string;
  /** What he wrote beside it: it may name who is to get it. */
  readonly description?: string;
  /** Who is to get it, where it is clear otherwise: by the address that it is sent to, or the right by which it comes. */
  readonly recipients?: readonly BareJid[];
}

/** A file whose size nobody says before its last byte: those of a form. What is cut of it cannot be gone on with. */
export type UnsizedFile = Omit<IncomingFile, "size"> & { readonly size: number | undefined };

/** One file on its way in by a byte stream. One call at a time. */
export interface Reception {
  /**
   * How many of its first bytes need not come: they are here, from an attempt that was cut. Some more may be here: they come again where
   * neither a hash nor an id tells whether it is the same file.
   */
  readonly held: number;
  /** The bytes will begin at `offset` (0 ≤ offset ≤ held). Before the first `write`. Rejects with a Refusal. */
  begin(offset: number): Promise<void>;
  /** The memory is the caller's again when it settles. Rejects with a Refusal ("disk-full", "storage-down", "stopping", "other-file": what is here is the beginning of another one, …). */
  write(chunk: Uint8Array): Promise<void>;
  /** All of it has come. Resolves with the file when it is kept durably; the sender is told in chat. `sha256`: what he says of it, if he said so later. Rejects with Refusal "wrong-hash", "shorter-than-said", … */
  complete(sha256?: string): Promise<KeptFile>;
  /** It ends without. After "stream-cut" and "stopping" what came is kept for a while; else nothing is. The sender is told in chat. Never rejects; after `complete` it does nothing. */
  fail(why: Refusal): Promise<void>;
}

/** The message that words came in. */
export interface Message {
  readonly id?: string;
  /** The id of the earlier message that it replaces (XEP-0308). */
  readonly corrects?: string;
  /** There was more of it than is read. */
  readonly isCut?: boolean;
  /** What was written beside links: it may name who is to get the files. */
  readonly beside?: string;
}

/** What somebody did in the messenger. `to` is the address that he addressed: answers come from there. None of these rejects. */
export interface Office {
  /** Said something that is not a file. `also`: whom he named beside the words (XEP-0033), as he wrote them: addresses, or URIs of other kinds. */
  text(from: Jid, to: Jid, text: string, also?: readonly string[], message?: Message): Promise<void>;
  /** Sent files by links. `also`: further recipients, as by `text`. False: our own records or storage were away, and he was asked to say it again. */
  links(
    from: Jid,
    to: Jid,
    links: readonly IncomingLink[],
    also?: readonly string[],
    message?: Message,
  ): Promise<boolean>;
  /** Complains about somebody (XEP-0377). */
  report(from: Jid, to: Jid, about: Jid, reason: string, text: string): Promise<void>;
  /**
   * Offers a file by his client's own transfer: judged before the first byte, and before anything is accepted. The exception to "none of these rejects":
   * a Refusal here is the answer to the offer; a member is told in chat too, because clients keep the reason to themselves.
   */
  receive(from: FullJid, to: Jid, file: IncomingFile, method: "jingle" | "si"): Promise<Reception>;
  /** Sent something that nobody here can read. `scheme`: OMEMO, OpenPGP, OTR. */
  encrypted(from: Jid, to: Jid, scheme: Said): Promise<void>;
  /** A client came online, or changed what matters: what waits for its owner is offered. */
  available(resource: Resource): void;
  /** The last word of a contact about subscriptions, for the records. */
  standing(jid: BareJid, change: Partial<Pick<Contact, "standing" | "followed" | "follows">>): Promise<void>;
  /** Added a person under an address of ours to his contacts, or removed him. */
  standIn(standIn: StandIn, on: boolean): Promise<void>;
  /** The stream to the server is up (again): presence is unknown, and unsaid notices can be said. */
  connected(): void;
  disconnected(): void;
}

/** A capability URL opened by whoever holds it. */
export interface OpenLink extends FileFacts {
  readonly since: Instant;
  read(span: Span, signal?: AbortSignal): Promise<BlobReader>;
  /** The first byte of a GET is about to go. Resolves when it may: on record, or after a moment in any case. Never rejects. */
  moving(): Promise<void>;
  /** The last byte of `span` is about to go. Resolves as `moving`. */
  last(span: Span): Promise<void>;
  /** These bytes have been handed to the network. When all have, over however many requests, the parcel is delivered. Resolves when that is on record. */
  served(span: Span): Promise<void>;
}

/** How a file comes in over HTTP. */
export type UploadMethod = "slot" | "form" | "tus";

/** The right to bring files in over HTTP, opened by whoever holds it. */
export interface OpenUpload {
  readonly kind: UploadRight["kind"];
  readonly owner: BareJid;
  /** Of a slot: what was asked for. */
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  /** Who gets what comes in by it; nobody: it is kept. */
  readonly recipients: readonly BareJid[];
  readonly until: Instant;
  /** The largest file that is taken now, in bytes. */
  readonly most: number;
  /** Whether the file of a slot is here. */
  readonly isUsed: boolean;
  /**
   * One file by it, judged before the first byte; as `Office.receive`. What is cut can be gone on with: `held` says from where.
   * `id` (as `randomId` makes it): under which it is found again, by tus; else it is found by its name and size. Rejects with a Refusal.
   */
  receive(file: UnsizedFile, method: UploadMethod, id?: string): Promise<Reception>;
  /** How much is here of what was begun under an id and is not on its way just now, in bytes; "kept": it has become a file. Undefined: nothing. */
  standing(id: string): Promise<number | "kept" | undefined>;
  /** Forgets what is here of it. */
  forget(id: string): Promise<void>;
}

/** What the web end asks of the control unit about files that come in. */
export interface UploadDesk {
  /** Rejects with Refusal "not-found", "link-ended", "index-down". */
  open(token: string): Promise<OpenUpload>;
}

/** A slot (XEP-0363 §4): where to bring the file, and where it will be had then. */
export interface Slot {
  readonly put: string;
  readonly get: string;
}

/** What somebody wants to put where he asks for a slot. */
export interface SlotRequest {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType?: string;
  /** XEP-0363 §5; absent: "message". */
  readonly purpose?: string;
  /** Of what is ephemeral: it must not be had any more after this. */
  readonly until?: Instant;
}

/** The upload service's business, for the stanzas that ask for slots. */
export interface SlotDesk {
  /** The largest file, in bytes. */
  readonly most: number;
  /**
   * Rejects with Refusal "not-a-member", "empty-file", "too-large", "over-quota", "too-many-requests"; the detail `retry` of the last two is the
   * instant from which on it is worth asking again, where that is known.
   */
  request(from: Jid, file: SlotRequest): Promise<Slot>;
}

/** What a page tells about a capability URL. */
export interface OpenPage extends FileFacts {
  readonly until: Instant;
  readonly mark: FileMark;
  readonly picture: Picture | undefined;
  /** Of a parcel's: who sent it, and how it stands. */
  readonly parcel: { readonly sender: BareJid; readonly state: ParcelState } | undefined;
}

/** Pages about files. Nothing moves by looking at one. */
export interface PageDesk {
  /** Rejects with Refusal "not-found", "link-ended", "index-down". */
  look(token: string): Promise<OpenPage>;
  /** The recipient does not want it. Rejects as `look`, and with "wrong-state" when it is over, or nobody's to decline. */
  decline(token: string): Promise<void>;
}

/** Whom somebody blocks by his client's own command. */
export interface BlockItem {
  readonly who: Jid;
  /** Why, if he complains (XEP-0377): a URN, and his own words. */
  readonly report?: { readonly reason: string; readonly text: string };
}

/** Blocking, for the stanzas that ask for it (XEP-0191). All reject with Refusal "not-allowed", "too-many-requests", "index-down". */
export interface BlockDesk {
  blocked(from: Jid): Promise<readonly string[]>;
  block(from: Jid, items: readonly BlockItem[]): Promise<void>;
  /** Nobody named: everybody. */
  unblock(from: Jid, whom: readonly Jid[]): Promise<void>;
}

export interface LinkDesk {
  /** Rejects with Refusal "not-found", "link-ended", "scanner-down" (the file is held), "index-down" or "storage-down". */
  open(token: string): Promise<OpenLink>;
}
