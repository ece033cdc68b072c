/**
 * What the control unit needs from the other blocks, and the values they share. Each interface is small, is owned here,
 * and is implemented in one of messenger/, transfer/, storage/ and web/. Nothing in here knows XML, HTTP, SQL or sockets.
 */
import type { BareJid, FullJid, Jid } from "../lib/jid.js";
import type { ErrorCode, Refusal } from "../lib/errors.js";
import type {
  Blob,
  Contact,
  CutIntake,
  FileFacts,
  HistoryRow,
  Instant,
  Intake,
  KeptFile,
  Link,
  Notice,
  Parcel,
  ParcelState,
  Span,
} from "./values.js";

export type * from "./values.js";

// ───────────────────────────── storage: bytes ─────────────────────────────

/**
 * Keeps blobs. Contract (`test/contracts/blobstore.ts` runs it over every implementation):
 * no object is visible before `commit` has answered; after it has answered the bytes survive the loss of power;
 * `abort`, a crash, or a `remove` at any time leaves nothing behind once `remove(key)` has run.
 * A full disk is Refusal "disk-full", a store that does not answer "storage-down".
 */
export interface BlobStore {
  /** Opens a new object. A key is used once: what an earlier attempt left is removed first. `size` in bytes when known is a hint: more or fewer may come. */
  create(key: string, size?: number): Promise<BlobWriter>;
  /**
   * Goes on with an object that was set aside, or that a process left behind when it died, be it committed or not: what is there has been
   * hashed again when it answers, and is `written`. Undefined when nothing is there, or the store cannot go on with it. Only for a key that
   * nobody else has in hand.
   */
  resume(key: string): Promise<BlobWriter | undefined>;
  /** The bytes of `span` (all, when absent). Rejects with Refusal "not-found" when there is no such object, with RangeError when `span` lies outside it. The chunks are not used again by the store. */
  read(key: string, span?: Span, signal?: AbortSignal): Promise<BlobReader>;
  /** Removes the object and anything unfinished under its key. No error when there is none. */
  remove(key: string): Promise<void>;
  /** Every key that has an object or something unfinished, for `doctor` and tests; unordered. */
  keys(): AsyncIterable<string>;
  /** Writes, reads and removes a probe. Rejects with what is wrong. */
  check(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface BlobWriter {
  /** Takes the chunk for its own until the promise settles: then the caller may use the memory again. One call at a time. */
  write(chunk: Uint8Array): Promise<void>;
  /** Bytes taken so far. */
  readonly written: number;
  /** Makes it durable and visible. `sha256` is computed beside the writing. */
  commit(): Promise<{ sha256: string; size: number }>;
  /** Sets it aside for `resume`: resolves when what was taken lies as durably as the store can keep what is unfinished. It is of no more use then. */
  rest(): Promise<void>;
  /** Gives it up. Never rejects. */
  abort(): Promise<void>;
  /**
   * Reads `span` of what is being written, up to what has been taken so far and then as it comes; the writer never waits for it. Its `size` is
   * that of what is there so far. It goes on over the commit; should the object end short of the span, or be given up or set aside, it ends
   * with Refusal "stream-cut". Absent where the store cannot.
   */
  follow?(span: Span, signal?: AbortSignal): Promise<BlobReader>;
}

export interface BlobReader extends AsyncIterable<Uint8Array> {
  /** Bytes of the whole object. */
  readonly size: number;
  /**
   * Hands every byte to `sink`, in order, in memory that is the reader's again when the sink's promise settles; then closes. The fast way:
   * iterating allocates. Rejects with what the store says, or with what `sink` throws.
   */
  pour(sink: (chunk: Uint8Array) => Promise<void>): Promise<void>;
  /** Idempotent. Iterating or pouring to the end, or breaking off, closes too. */
  close(): Promise<void>;
}

// ───────────────────────────── storage: records ─────────────────────────────

/** What one step of a parcel writes, all of it or nothing. */
export interface ParcelStep {
  readonly parcel: Parcel; // as it was read
  readonly to: ParcelState;
  readonly method?: string;
  readonly event: string;
  readonly detail: string;
  readonly at: Instant;
  readonly notices: readonly Notice[];
  /** A capability that comes into being with the step. */
  readonly link?: Link;
  /** Whether this parcel's capabilities end with the step. */
  readonly endLinks: boolean;
  /** Whether this process keeps hold of it (bytes moving): should it die, another goes on. */
  readonly hold: boolean;
}

/**
 * The records. One suite (`test/contracts/index.ts`) runs over every implementation and every real database.
 * Each method is one transaction. A database that does not answer or is locked is Refusal "index-down".
 * "Durable" methods have survived the loss of power when they answer; the others only the death of the process.
 */
export interface Index {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Rejects with what is wrong. */
  check(): Promise<void>;

  // contacts
  contact(jid: BareJid): Promise<Contact | undefined>;
  /** Creates or changes; absent keys stay as they are. Answers the row. Durable. */
  setContact(
    jid: BareJid,
    change: Partial<Pick<Contact, "standing" | "followed" | "follows">>,
    at: Instant,
  ): Promise<Contact>;
  /** Contacts in order of address, from after `after`; `only` narrows to those with a flag set, or with parcels that wait. */
  contacts(after: BareJid | "", limit: number, only?: "followed" | "follows" | "awaited"): Promise<Contact[]>;

  block(owner: BareJid, blocked: string, on: boolean): Promise<void>;
  /** Whether `owner` has blocked the address or its domain. */
  isBlocked(owner: BareJid, other: BareJid): Promise<boolean>;
  blocks(owner: BareJid): Promise<string[]>;

  // files in
  /** Records an intake before its first byte. Durable. */
  beginIntake(intake: Intake): Promise<void>;
  /**
   * Ends an intake with a file: the blob is shared when its hash is known (then the intake's own key becomes doomed),
   * the file gets its owner's next number, each of `recipients` a parcel that waits, the notices are queued. Durable.
   * Rejects with Refusal "over-quota" when `quota` (bytes) would be exceeded.
   */
  keep(
    intake: Intake,
    blob: { sha256: string; size: number },
    file: { name: string; mediaType: string; until: Instant; recipients?: readonly BareJid[] },
    quota: number,
    notices: (file: KeptFile) => readonly Notice[],
  ): Promise<KeptFile>;
  /** Ends an intake without a file: its key becomes doomed. Durable. */
  dropIntake(id: string, notices: readonly Notice[]): Promise<void>;
  /** Intakes whose process is gone; they now belong to this one. */
  abandonedIntakes(limit: number): Promise<Intake[]>;
  /** Sets an intake aside with so many bytes: it belongs to nobody until it is taken up again. Durable. */
  restIntake(id: string, held: number, until: Instant, notices: readonly Notice[]): Promise<void>;
  /** What its owner may go on with, newest first. */
  cutIntakes(owner: BareJid, limit: number): Promise<CutIntake[]>;
  /** Takes one up again, with what the sender says of it now. False when somebody else has, or its time was up. Durable. */
  resumeIntake(intake: Intake): Promise<boolean>;
  /** Forgets what was set aside, one or all whose time is up: their keys become doomed. Answers how many. Durable. */
  dropCutIntakes(which: { id: string } | { endedBy: Instant }, limit: number): Promise<number>;

  // files
  /** By number, or by name (case-blind, newest first). */
  findFiles(owner: BareJid, which: number | string, limit: number): Promise<KeptFile[]>;
  file(id: string): Promise<(KeptFile & { blob: Blob }) | undefined>;
  /** Newest first; `before` is the number after which to go on. */
  files(owner: BareJid, before: number | undefined, limit: number): Promise<KeptFile[]>;
  /** Bytes and files that the owner holds. */
  usage(owner: BareJid): Promise<{ bytes: number; files: number }>;
  /** Removes a file with its links; the last file of a blob dooms it. Parcels must have ended before. False when it was gone already. Durable. */
  removeFile(id: string, at: Instant): Promise<boolean>;
  /** Files whose time is up. */
  endedFiles(now: Instant, limit: number): Promise<KeptFile[]>;

  // parcels
  /** Creates it in state "waiting" with the recipient's next number and its first row of history. Durable. */
  createParcel(file: KeptFile, recipient: BareJid, at: Instant, until: Instant): Promise<Parcel>;
  parcel(id: string): Promise<Parcel | undefined>;
  /** By the recipient's number, or by name (case-blind, newest first). */
  findParcels(recipient: BareJid, which: number | string, limit: number): Promise<Parcel[]>;
  /** Waiting for this recipient, oldest first, from after number `after`. The hot path: touches nothing that grows with other people's parcels. */
  waitingFor(recipient: BareJid, after: number, limit: number): Promise<Parcel[]>;
  /** Neither ended nor withdrawn, newest first. */
  openFor(recipient: BareJid, before: number | undefined, limit: number): Promise<Parcel[]>;
  parcelsOf(fileId: string, limit: number): Promise<Parcel[]>;
  /** What the sender has under way or ended lately, newest first. */
  sentBy(sender: BareJid, before: Instant | undefined, limit: number): Promise<Parcel[]>;
  history(parcelId: string): Promise<HistoryRow[]>;
  /** Applies a step; undefined when the parcel's version is no longer the one named (somebody else was first). Durable, but for steps to "offered" and "moving", whose loss costs a repeated offer and nothing else. */
  step(step: ParcelStep): Promise<Parcel | undefined>;
  /** Several steps in one transaction, each answered as by `step`. */
  steps(steps: readonly ParcelStep[]): Promise<readonly (Parcel | undefined)[]>;
  /** Open parcels whose time is up. */
  endedParcels(now: Instant, limit: number): Promise<Parcel[]>;
  /** Parcels whose holder is gone (see {@link ParcelStep.hold}); they now belong to this process. */
  abandonedParcels(limit: number): Promise<Parcel[]>;

  // links
  addLink(link: Link): Promise<void>;
  link(hash: string): Promise<{ link: Link; file: KeptFile & { blob: Blob }; parcel: Parcel | undefined } | undefined>;
  setServed(hash: string, served: readonly Span[]): Promise<void>;
  /** Ends all links of a file, or of one parcel: they stay known, with `until` 0, until the file goes. Answers how many. Durable. */
  endLinks(of: { fileId: string } | { parcelId: string }): Promise<number>;

  // notices: an outbox, written in the transaction of what they tell
  addNotices(notices: readonly Notice[]): Promise<void>;
  /** Oldest first. */
  noticesFor(to: BareJid, limit: number): Promise<Notice[]>;
  /** Who has notices waiting, in order of address. */
  noticed(after: BareJid | "", limit: number): Promise<BareJid[]>;
  dropNotices(ids: readonly string[]): Promise<void>;

  // blobs without a file
  /** Keys to be removed from the store, in no order. */
  doomed(limit: number): Promise<string[]>;
  forgetDoomed(keys: readonly string[]): Promise<void>;
  /** Every key that records know (blobs, intakes, doomed), for tests and `doctor`. */
  knownKeys(): AsyncIterable<string>;

  // processes
  /**
   * Says that this process lives; rows held by processes that have not said so for `deadAfter` ms become abandoned.
   * Answers how many other servers live.
   */
  beat(now: Instant, deadAfter: number): Promise<number>;
  /** Called with "notices" or "parcels" when another process (or this one) queued something. A hint that may be lost on its way between processes: look yourself now and then. Answers the end of listening. */
  onNudge(listener: (what: "notices" | "parcels", whom: BareJid) => void): () => void;

  /** Totals for /metrics, cheap enough to be asked every 15 seconds. */
  totals(): Promise<{ parcels: Partial<Record<ParcelState, number>>; files: number; bytes: number }>;
}

// ───────────────────────────── messenger ─────────────────────────────

/** One connected client of a contact. */
export interface Resource {
  readonly jid: FullJid;
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
  /** One message of plain text to a bare or full address. Resolves when it is on the wire; rejects with Refusal "offline". `answering`: the address that was addressed, from which to speak. `id`: the same for what is said again because nobody knows whether it was said. */
  say(to: Jid, text: string, answering?: Jid, id?: string): Promise<void>;
  /** As `say`; settles when a client says that it has it (XEP-0184), or after a moment where none does. Never rejects. */
  introduce(to: BareJid, text: string): Promise<void>;
  /** As `say`, to an address that may not exist or may not be wanted there; tells if a server gives it back. */
  ask(to: Jid, text: string, bounced: (condition: string) => void): Promise<void>;
  /** A message that is nothing but a file's URL, in every form that clients know. Settles as `say`. */
  hand(to: Jid, url: string, file: FileFacts, answering?: Jid): Promise<void>;
  /** A line that corrects itself (XEP-0308) where the client can; elsewhere only its first and its last words are said. */
  progress(to: Jid, answering?: Jid): ProgressLine;
}

export interface ProgressLine {
  /** Replaces what it said; rate-limited by the speaker. */
  update(text: string): void;
  /** The last word. */
  end(text: string): Promise<void>;
}

/** A parcel to be handed over by one method to one recipient. */
export interface OfferOrder {
  readonly parcel: Parcel;
  /** The clients to try; empty when he is away and the method can wait for him at the server. A method that speaks to one client gets one. */
  readonly resources: readonly Resource[];
  /** For link offers. */
  readonly url: string;
  /** The chat line that goes before it; "" when it has been said. */
  readonly line: string;
  /** Settles when he has the line that has been said, or after a moment: for offers that clients lose which have not read it. Never rejects. */
  readonly introduced?: Promise<void>;
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

// ───────────────────────────── transfer ─────────────────────────────

/** What is known of a remote file before its bytes. */
export interface Announced {
  readonly name: string;
  readonly size: number | undefined;
  readonly mediaType: string;
}

/** Fetches by links that others name, through the one guard against forged addresses. */
export interface Fetcher {
  /** Whether the link may be fetched at all (scheme, port, literal address); a Refusal when not. Asks nobody. */
  judge(url: string): void;
  /**
   * Fetches into `sink`, resuming where the peer lets it, following redirects through the same guard.
   * `begin` is called once with what the peer announces, before the first byte: it throws to refuse.
   * Refusals: link-*, larger-than-said, shorter-than-said; what `begin` or `sink` throw passes through.
   */
  fetch(
    url: string,
    limits: { readonly bytes: number; readonly name?: string },
    begin: (a: Announced) => Promise<void>,
    sink: (chunk: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ bytes: number }>;
}

/** A byte stream with one peer, whichever way it was made: SOCKS5 (XEP-0065, 0260) or in-band (XEP-0047, 0261). Used in one direction. */
export interface ByteStream {
  readonly kind: "socks5" | "in-band";
  /**
   * Moves what the peer sends into `sink`, in order, until `most` bytes have come or the peer has ended the stream; answers how many came.
   * The memory of a chunk is the stream's again when the sink's promise settles. At most once.
   * Rejects with Refusal "larger-than-said" when more than `most` bytes are there, "stream-cut" when the connection broke or stood still,
   * with what `sink` throws, or with the signal's reason.
   */
  receive(most: number, sink: (chunk: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<number>;
  /** Puts bytes on their way, no faster than the peer takes them; the memory is the caller's again when it settles. Rejects with Refusal "stream-cut". One call at a time. */
  write(chunk: Uint8Array): Promise<void>;
  /** After the last byte: resolves when the peer has taken it all, as far as the stream can tell. Rejects with Refusal "stream-cut". */
  end(): Promise<void>;
  /** Lets go of it in whatever state it is. Idempotent, never rejects. */
  close(): void;
}

/** Where a SOCKS5 host for byte streams listens. */
export interface StreamHost {
  /** A name or a literal address. */
  readonly host: string;
  readonly port: number;
}

/** SOCKS5 byte streams: our own stream host, and connections to those of others. */
export interface StreamHosts {
  /** Where peers reach our own; empty when it does not listen. */
  readonly own: readonly StreamHost[];
  /**
   * Takes connections to our own host that name one of `addresses` (DST.ADDR: 40 lower-case hex characters); each address is good for one.
   * `member` is whose transfer it is: each has only so many. The answer ends the waiting; streams that were handed over are their taker's.
   */
  expect(
    addresses: readonly string[],
    member: BareJid,
    arrived: (stream: ByteStream, address: string) => void,
  ): () => void;
  /** Connects to a host that somebody else named, through the guard. Rejects with the guard's refusals or Refusal "stream-unreachable". */
  dial(host: StreamHost, address: string, signal: AbortSignal): Promise<ByteStream>;
}

// ───────────────────────────── what the others ask of the control unit ─────────────────────────────

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
}

/** One file on its way in by a byte stream. One call at a time. */
export interface Reception {
  /** How many of its first bytes are here already, from an attempt that was cut: the sender may go on from there. */
  readonly held: number;
  /** The bytes will begin at `offset` (0 ≤ offset ≤ held). Before the first `write`. Rejects with a Refusal. */
  begin(offset: number): Promise<void>;
  /** The memory is the caller's again when it settles. Rejects with a Refusal ("disk-full", "storage-down", "stopping", …). */
  write(chunk: Uint8Array): Promise<void>;
  /** All of it has come. Resolves when it is kept durably; the sender is told in chat. `sha256`: what he says of it, if he said so later. Rejects with Refusal "wrong-hash", "shorter-than-said", … */
  complete(sha256?: string): Promise<void>;
  /** It ends without. After "stream-cut" and "stopping" what came is kept for a while; else nothing is. The sender is told in chat. Never rejects; after `complete` it does nothing. */
  fail(why: Refusal): Promise<void>;
}

/** What somebody did in the messenger. `to` is the address that he addressed: answers come from there. None of these rejects. */
export interface Office {
  /** Said something that is not a file. */
  text(from: Jid, to: Jid, text: string): Promise<void>;
  /** Sent files by links. */
  links(from: Jid, to: Jid, links: readonly IncomingLink[]): Promise<void>;
  /**
   * Offers a file by his client's own transfer: judged before the first byte, and before anything is accepted. The exception to "none of these rejects":
   * a Refusal here is the answer to the offer; a member is told in chat too, because clients keep the reason to themselves.
   */
  receive(from: FullJid, to: Jid, file: IncomingFile, method: "jingle" | "si"): Promise<Reception>;
  /** Sent something that nobody here can read. `scheme`: OMEMO, OpenPGP, OTR. */
  encrypted(from: Jid, to: Jid, scheme: string): Promise<void>;
  /** A client came online, or changed what matters: what waits for its owner is offered. */
  available(resource: Resource): void;
  /** The last word of a contact about subscriptions, for the records. */
  standing(jid: BareJid, change: Partial<Pick<Contact, "standing" | "followed" | "follows">>): Promise<void>;
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

export interface LinkDesk {
  /** Rejects with Refusal "not-found", "link-ended", "index-down" or "storage-down". */
  open(token: string): Promise<OpenLink>;
}
