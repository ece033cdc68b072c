/**
 * The tables, as Kysely sees them. Instants are milliseconds since the epoch, sizes bytes; yes and no are 1 and 0,
 * so that both databases keep and answer the same values.
 */
import type { Generated } from "kysely";
import type { Contact, FileMark, ParcelState, StandIn, UploadRight } from "../../control/ports.js";

export interface Schema {
  contacts: ContactRow;
  blocks: { owner: string; blocked_key: string; blocked: string };
  files: FileRow;
  blobs: { sha256: string; key: string; size: number; refs: number };
  doomed: { key: string; since: number };
  intakes: IntakeRow;
  parcels: ParcelRow;
  history: HistoryTable;
  links: LinkRow;
  notices: NoticeRow;
  groups: { owner: string; name_key: string; name: string };
  members: { owner: string; name_key: string; jid: string };
  pictures: PictureRow;
  upload_rights: UploadRightRow;
  summaries: { id: string; file_id: string; owner: string; message: string; since: number };
  reports: ReportRow;
  stand_ins: StandIn;
  processes: ProcessRow;
  tallies: TallyRow;
}

export interface ContactRow {
  jid: string;
  standing: Contact["standing"];
  followed: number;
  follows: number;
  since: number;
  /** The number that his next file or parcel gets. */
  next_number: number;
  /** What his files amount to, kept here so that a quota is one comparison. */
  held_bytes: number;
  held_files: number;
  language: string;
}

export interface FileRow {
  id: string;
  owner: string;
  number: number;
  name: string;
  /** See `names.ts`. */
  name_key: string;
  size: number;
  media_type: string;
  sha256: string;
  since: number;
  until: number;
  mark: FileMark;
  once: number;
  sealed: string;
  reminded: number;
  /** Whether a parcel of it has ended since somebody looked whether it is to go by itself. */
  ripe: number;
}

export interface IntakeRow {
  id: string;
  owner: string;
  method: string;
  source: string;
  name: string;
  blob_key: string;
  since: number;
  /** The process that takes it in; "" while it is set aside. */
  holder: string;
  size: number | null;
  sha256: string | null;
  /** JSON: addresses. */
  recipients: string;
  via: string;
  held: number;
  /** Not null while it is set aside. */
  until: number | null;
}

/** A parcel repeats what it says of its file: it stays readable when the file has gone. */
export interface ParcelRow {
  id: string;
  file_id: string;
  sender: string;
  recipient: string;
  sender_number: number;
  number: number;
  name: string;
  name_key: string;
  size: number;
  media_type: string;
  sha256: string;
  state: ParcelState;
  method: string;
  tries: number;
  version: number;
  since: number;
  changed: number;
  until: number;
  /** The process that has it in hand, if any. */
  holder: string | null;
  mark: FileMark;
  summary: string;
  via: string;
}

export interface HistoryTable {
  parcel_id: string;
  /** The parcel's version after the step. */
  seq: number;
  at: number;
  from_state: ParcelState | "";
  to_state: ParcelState;
  event: string;
  detail: string;
}

export interface LinkRow {
  hash: string;
  file_id: string;
  parcel_id: string | null;
  since: number;
  /** 0: ended before its time. */
  until: number;
  /** JSON: pairs of start and end. */
  served: string;
}

export interface NoticeRow {
  seq: Generated<number>;
  id: string;
  to_jid: string;
  kind: string;
  /** JSON. */
  details: string;
  since: number;
}

export interface PictureRow {
  sha256: string;
  width: number;
  height: number;
  media_type: string | null;
  thumb_width: number | null;
  thumb_height: number | null;
  thumbnail: Uint8Array | ArrayBuffer | null;
}

export interface UploadRightRow {
  hash: string;
  owner: string;
  kind: UploadRight["kind"];
  name: string;
  size: number;
  media_type: string;
  link: string;
  purpose: string;
  /** JSON: addresses. */
  recipients: string;
  since: number;
  until: number;
  file_id: string;
}

export interface ReportRow {
  id: string;
  by_jid: string;
  about: string;
  reason: string;
  body: string;
  since: number;
}

export interface ProcessRow {
  id: string;
  role: Role;
  host: string;
  pid: number;
  /** When the process began, in its host's measure: tells it from a later one with the same pid. */
  born: string;
  beat: number;
}

export const TALLIED = [
  "waiting",
  "offered",
  "moving",
  "delivered",
  "declined",
  "expired",
  "withdrawn",
  "failed",
  "files",
  "bytes",
] as const;
export type Tallied = (typeof TALLIED)[number];
export type TallyRow = { lane: number } & Record<Tallied, number>;

/** "server": keeps the office open. "tool": a short-lived command beside it. */
export type Role = "server" | "tool";
