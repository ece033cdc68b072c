/** The records, and what is written in one step. */
import type { BareJid } from "../../lib/jid.js";
import type {
  Instant,
  Blob,
  Span,
  Contact,
  FileMark,
  KeptFile,
  ParcelState,
  Parcel,
  HistoryRow,
  Link,
  Notice,
  Picture,
  Summary,
  UploadRight,
  Report,
  StandIn,
  Intake,
  CutIntake,
} from "../values.js";

/** What becomes of an intake that is kept. */
export interface FreshFile {
  readonly name: string;
  readonly mediaType: string;
  readonly until: Instant;
  readonly recipients?: readonly BareJid[];
  /** Absent: "". */
  readonly mark?: FileMark;
  readonly once?: boolean;
  readonly sealed?: string;
  /** The id of a summary of its parcels, which comes into being with them, when it has several recipients. */
  readonly summary?: string;
  /** Of its parcels. Absent: "". */
  readonly via?: Parcel["via"];
  /** The slot by which it came: it is used up, and its link comes into being, until `until`. Rejects with Refusal "link-ended" when it was used up already. */
  readonly slot?: string;
}

/** A file whose end is near, with all parcels that were ever made of it, and how well their recipients know us. */
export interface Ending {
  readonly file: KeptFile;
  readonly parcels: readonly (Parcel & { readonly standing: Contact["standing"] })[];
}

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
  /** Whether this parcel's capabilities end with the step: they stay known, with `until` 0, until the file goes. */
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
    change: Partial<Pick<Contact, "standing" | "followed" | "follows" | "language">>,
    at: Instant,
  ): Promise<Contact>;
  /** Contacts in order of address, from after `after`; `only` narrows to those with a flag set, or with parcels that wait. */
  contacts(after: BareJid | "", limit: number, only?: "followed" | "follows" | "awaited"): Promise<Contact[]>;

  block(owner: BareJid, blocked: string, on: boolean): Promise<void>;
  /** Whether `owner` has blocked the address or its domain. */
  isBlocked(owner: BareJid, other: BareJid): Promise<boolean>;
  blocks(owner: BareJid): Promise<string[]>;
  /** Up to 1000 of one owner. */
  setStandIn(standIn: StandIn, on: boolean): Promise<void>;
  /** In order of owner and person, from after `after`. */
  standIns(after: StandIn | undefined, limit: number): Promise<StandIn[]>;
  addReport(report: Report): Promise<void>;
  /** Newest first. */
  reports(limit: number): Promise<Report[]>;

  // groups of addresses, by a member's own names (case-blind)
  groups(owner: BareJid): Promise<{ name: string; members: number }[]>;
  /** In order of address; undefined when there is no such group. */
  group(owner: BareJid, name: string): Promise<readonly BareJid[] | undefined>;
  /** Adds; the group comes into being with its first member. */
  addToGroup(owner: BareJid, name: string, members: readonly BareJid[]): Promise<void>;
  /** Takes out, or ends the group when `members` is absent; it also ends with its last member. Answers how many were taken out. */
  dropFromGroup(owner: BareJid, name: string, members?: readonly BareJid[]): Promise<number>;

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
    file: FreshFile,
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
  /** The same for those of these whose time is up, in one transaction. Answers how many. Durable. */
  removeEnded(ids: readonly string[], now: Instant): Promise<number>;
  /** Files whose time is up. */
  endedFiles(now: Instant, limit: number): Promise<KeptFile[]>;
  /** The same bytes as the file's, for somebody else or under another number, as by `keep`: nothing is moved. `mark` and `sealed` are the file's where absent. Undefined when it is gone. Durable. */
  copyFile(
    id: string,
    owner: BareJid,
    file: FreshFile & { at: Instant },
    quota: number,
    notices: (file: KeptFile) => readonly Notice[],
  ): Promise<KeptFile | undefined>;
  /** A later end for a file, its parcels (a step that was made for what they were does not hold any more) and the links that would end with it; it will be reminded of again. False when it is gone. Durable. */
  extendFile(id: string, until: Instant): Promise<boolean>;
  /** Durable. */
  setFile(id: string, change: Partial<Pick<KeptFile, "mark" | "once">>): Promise<boolean>;
  /** Files that end before `until` and of which nobody has been reminded, soonest first: they count as reminded of, and the notices are queued, in one transaction. Answers how many. Durable. */
  remind(until: Instant, limit: number, notices: (ending: readonly Ending[]) => readonly Notice[]): Promise<number>;
  /** Of which this owner has been reminded, soonest first. */
  remindedFiles(owner: BareJid, limit: number): Promise<KeptFile[]>;
  /** Files with this mark (not ""), oldest first, from after `after`. */
  marked(mark: FileMark, after: Pick<KeptFile, "since" | "id"> | undefined, limit: number): Promise<KeptFile[]>;
  /**
   * Removes files that go by themselves (`once`) because everybody to whom they were sent has them; the notices are queued, in one transaction.
   * Never one with a parcel that is open, or that somebody has not got in the end. Answers how many it has looked at: fewer than `limit`, and there are no more. Durable.
   */
  removeFetched(at: Instant, limit: number, notices: (file: KeptFile) => readonly Notice[]): Promise<number>;

  // pictures, by the hash of the blob; they go with it
  picture(sha256: string): Promise<Picture | undefined>;
  setPicture(sha256: string, picture: Picture): Promise<void>;

  // parcels
  /** Creates it in state "waiting" with the recipient's next number and its first row of history. Durable. */
  createParcel(
    file: KeptFile,
    recipient: BareJid,
    at: Instant,
    until: Instant,
    more?: Partial<Pick<Parcel, "summary" | "via">>,
  ): Promise<Parcel>;
  parcel(id: string): Promise<Parcel | undefined>;
  /** By the recipient's number, or by name (case-blind, newest first). */
  findParcels(recipient: BareJid, which: number | string, limit: number): Promise<Parcel[]>;
  /** Waiting for this recipient, oldest first, from after number `after`; not those whose mark is "held". The hot path: touches nothing that grows with other people's parcels. */
  waitingFor(recipient: BareJid, after: number, limit: number): Promise<Parcel[]>;
  /** Neither ended nor withdrawn, newest first. */
  openFor(recipient: BareJid, before: number | undefined, limit: number): Promise<Parcel[]>;
  parcelsOf(fileId: string, limit: number): Promise<Parcel[]>;
  /** What the sender has under way or ended lately, newest first. */
  sentBy(sender: BareJid, before: Instant | undefined, limit: number): Promise<Parcel[]>;
  history(parcelId: string): Promise<HistoryRow[]>;
  /** Applies a step; undefined when the parcel's version is no longer the one named (somebody else was first). Rejects with Refusal "no-such-parcel" when what had ended shall wait again and its file is gone. Durable, but for steps to "offered" and "moving", whose loss costs a repeated offer and nothing else. */
  step(step: ParcelStep): Promise<Parcel | undefined>;
  /** Several steps in one transaction, each answered as by `step`. */
  steps(steps: readonly ParcelStep[]): Promise<readonly (Parcel | undefined)[]>;
  /** Open parcels whose time is up. */
  endedParcels(now: Instant, limit: number): Promise<Parcel[]>;
  /** Strikes out parcels that are over, whose time was up by then, and whose file is gone, with their history and the lines that told of them; answers how many. */
  forgetParcels(until: Instant, limit: number): Promise<number>;
  /** Parcels whose holder is gone (see {@link ParcelStep.hold}); they now belong to this process. */
  abandonedParcels(limit: number): Promise<Parcel[]>;

  // links
  addLink(link: Link): Promise<void>;
  link(hash: string): Promise<{ link: Link; file: KeptFile & { blob: Blob }; parcel: Parcel | undefined } | undefined>;
  setServed(hash: string, served: readonly Span[]): Promise<void>;

  // rights to upload
  addUploadRight(right: UploadRight): Promise<void>;
  uploadRight(hash: string): Promise<UploadRight | undefined>;
  /** Bytes asked for by unused slots of this owner. */
  slotBytes(owner: BareJid, now: Instant): Promise<number>;
  /** Ends one, or the pages of a member, or forgets those whose time was up by then. Answers how many. Durable. */
  dropUploadRights(
    which: { hash: string } | { pagesOf: BareJid } | { endedBy: Instant },
    limit: number,
  ): Promise<number>;

  // summaries
  addSummary(summary: Summary): Promise<void>;
  summary(id: string): Promise<{ summary: Summary; parcels: readonly Parcel[] } | undefined>;
  /** The message in which it was first said. */
  setSummary(id: string, message: string): Promise<void>;

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
  /** Every key that records know (blobs, intakes, doomed), for tests. */
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
