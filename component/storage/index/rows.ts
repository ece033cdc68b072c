/** Rows → values of the control unit. */
import type {
  Blob,
  Contact,
  CutIntake,
  HistoryRow,
  Intake,
  KeptFile,
  Link,
  Notice,
  Parcel,
  Picture,
  Report,
  Span,
  UploadRight,
} from "../../control/ports.js";
import type { BareJid } from "../../lib/jid.js";
import type { Details } from "../../lib/errors.js";
import type {
  ContactRow,
  FileRow,
  HistoryTable,
  IntakeRow,
  LinkRow,
  NoticeRow,
  ParcelRow,
  PictureRow,
  ReportRow,
  UploadRightRow,
} from "./schema.js";

export function toContact(row: ContactRow): Contact {
  return {
    jid: row.jid as BareJid,
    standing: row.standing,
    followed: row.followed === 1,
    follows: row.follows === 1,
    language: row.language,
    since: row.since,
  };
}

export function toFile(row: FileRow): KeptFile {
  return {
    id: row.id,
    owner: row.owner as BareJid,
    number: row.number,
    name: row.name,
    size: row.size,
    mediaType: row.media_type,
    sha256: row.sha256,
    since: row.since,
    until: row.until,
    mark: row.mark,
    once: row.once === 1,
    sealed: row.sealed,
  };
}

export type StoredRow = FileRow & { blob_key: string };

export function toStored(row: StoredRow): KeptFile & { blob: Blob } {
  return { ...toFile(row), blob: { sha256: row.sha256, key: row.blob_key, size: row.size } };
}

export function toIntake(row: IntakeRow): Intake {
  return {
    id: row.id,
    owner: row.owner as BareJid,
    method: row.method,
    source: row.source,
    name: row.name,
    size: row.size ?? undefined,
    sha256: row.sha256 ?? undefined,
    recipients: JSON.parse(row.recipients) as BareJid[],
    via: row.via as BareJid | "",
    blobKey: row.blob_key,
    since: row.since,
  };
}

/** Of a row that is set aside. */
export function toCutIntake(row: IntakeRow): CutIntake {
  return { ...toIntake(row), size: row.size ?? row.held, held: row.held, until: row.until! };
}

export function toParcel(row: ParcelRow): Parcel {
  return {
    id: row.id,
    fileId: row.file_id,
    sender: row.sender as BareJid,
    recipient: row.recipient as BareJid,
    senderNumber: row.sender_number,
    number: row.number,
    name: row.name,
    size: row.size,
    mediaType: row.media_type,
    sha256: row.sha256,
    state: row.state,
    method: row.method,
    tries: row.tries,
    version: row.version,
    since: row.since,
    changed: row.changed,
    until: row.until,
    mark: row.mark,
    summary: row.summary,
    via: row.via as BareJid | "",
  };
}

export function toHistory(row: HistoryTable): HistoryRow {
  return { at: row.at, from: row.from_state, to: row.to_state, event: row.event, detail: row.detail };
}

export function toLink(row: LinkRow): Link {
  return {
    hash: row.hash,
    fileId: row.file_id,
    parcelId: row.parcel_id ?? undefined,
    since: row.since,
    until: row.until,
    served: (JSON.parse(row.served) as [number, number][]).map(([start, end]) => ({ start, end })),
  };
}

/** The text that {@link toLink} reads. */
export function fromSpans(spans: readonly Span[]): string {
  return JSON.stringify(spans.map(({ start, end }) => [start, end]));
}

export function toNotice(row: NoticeRow): Notice {
  return {
    id: row.id,
    to: row.to_jid as BareJid,
    kind: row.kind,
    details: JSON.parse(row.details) as Details,
    since: row.since,
  };
}

export function toPicture(row: PictureRow): Picture {
  const { width, height, thumbnail } = row;
  if (thumbnail === null) return { width, height };
  const mediaType = row.media_type as NonNullable<Picture["thumbnail"]>["mediaType"];
  const bytes = new Uint8Array(thumbnail); // libsql answers an ArrayBuffer, pg a Buffer
  return { width, height, thumbnail: { mediaType, width: row.thumb_width!, height: row.thumb_height!, bytes } };
}

export function toUploadRight(row: UploadRightRow): UploadRight {
  return {
    hash: row.hash,
    owner: row.owner as BareJid,
    kind: row.kind,
    name: row.name,
    size: row.size,
    mediaType: row.media_type,
    link: row.link,
    purpose: row.purpose,
    recipients: JSON.parse(row.recipients) as BareJid[],
    since: row.since,
    until: row.until,
    fileId: row.file_id,
  };
}

export function toReport(row: ReportRow): Report {
  return {
    id: row.id,
    by: row.by_jid as BareJid,
    about: row.about,
    reason: row.reason,
    text: row.body,
    since: row.since,
  };
}
