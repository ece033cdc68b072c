/** The values that the blocks share. See `ports.ts` for what is done with them. */
import type { Details } from "../lib/errors.js";
import type { BareJid } from "../lib/jid.js";

/** Milliseconds since the epoch. */
export type Instant = number;

/** Where the stored bytes of one or more files lie. `key` is random and says nothing of the content. */
export interface Blob {
  readonly sha256: string; // hex
  readonly key: string;
  readonly size: number; // bytes
}

/** A half-open range of bytes: `start` ≤ i < `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** An address that the bot knows. */
export interface Contact {
  readonly jid: BareJid;
  /**
   * How far acquaintance goes: an invitation is sent to a stranger once, never a file. `introduced`: he was told what we are beside somebody's words,
   * and nothing of files. `met`: he wrote to us, or answered.
   */
  readonly standing: "stranger" | "introduced" | "invited" | "met";
  /** We see his presence (RFC 6121 "to"). */
  readonly followed: boolean;
  /** He sees ours (RFC 6121 "from"). */
  readonly follows: boolean;
  /** The language that he chose, as in `lib/languages/`; "" for whatever his messages are in. */
  readonly language: string;
  readonly since: Instant;
}

/** What people and clients are told of a file. */
export interface FileFacts {
  /** A label for people, never a path. */
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  readonly sha256: string;
}

/**
 * What has to be said of a file's content. "held": nobody is offered it before the virus check has looked at it; "unchecked": it was passed on
 * without; "sealed": it is ciphertext (XEP-0454), of which nothing can be told.
 */
export type FileMark = "" | "held" | "unchecked" | "sealed";

/** Bytes with a name in a member's room. */
export interface KeptFile extends FileFacts {
  readonly mark: FileMark;
  /** It goes by itself when everybody to whom it was sent has it. */
  readonly once: boolean;
  /** Of a sealed file: the link as it came, with the key in its fragment (XEP-0454); else "". Never logged. */
  readonly sealed: string;
  readonly id: string;
  readonly owner: BareJid;
  /** Short, stable, counted per member together with {@link Parcel.number}. */
  readonly number: number;
  readonly since: Instant;
  readonly until: Instant;
}

/** See `parcel.ts` for what each means and how one leads to another. */
export type ParcelState =
  "waiting" | "offered" | "moving" | "delivered" | "declined" | "expired" | "withdrawn" | "failed";

/** One file on its way from one sender to one recipient. */
export interface Parcel extends FileFacts {
  /** As its file's. */
  readonly mark: FileMark;
  /** The id of the line that tells its sender about several parcels at once; "" when he is told of each. */
  readonly summary: string;
  /** The address of ours that he sent it to, where that stands in for a person: there he is told of it. "" for the contact's. */
  readonly via: BareJid | "";
  readonly id: string;
  readonly fileId: string;
  readonly sender: BareJid;
  readonly recipient: BareJid;
  /** The number of the file at the sender's. */
  readonly senderNumber: number;
  /** The number under which the recipient knows it. */
  readonly number: number;
  readonly state: ParcelState;
  /** How it was last offered; "" before the first time. */
  readonly method: string;
  /** Offers so far. */
  readonly tries: number;
  /** Grows by one with every step; a step names the version it was made for. */
  readonly version: number;
  readonly since: Instant;
  readonly changed: Instant;
  readonly until: Instant;
}

/** One row of a parcel's history. */
export interface HistoryRow {
  readonly at: Instant;
  readonly from: ParcelState | "";
  readonly to: ParcelState;
  /** The event of `parcel.ts` that did it. */
  readonly event: string;
  /** For the log and `status`: an error code, a method. Never a stranger's words. */
  readonly detail: string;
}

/** A capability URL as it is kept: by its hash. */
export interface Link {
  readonly hash: string;
  readonly fileId: string;
  /** Set when fetching it to the last byte delivers that parcel. */
  readonly parcelId: string | undefined;
  readonly since: Instant;
  readonly until: Instant;
  /** Which bytes have been served so far, as sorted, disjoint spans. */
  readonly served: readonly Span[];
}

/** Something to tell a person once, kept until it has been said. */
export interface Notice {
  readonly id: string;
  readonly to: BareJid;
  /** An entry of the catalogue (`lib/languages/`). */
  readonly kind: string;
  readonly details: Details;
  readonly since: Instant;
}

/** What is to be seen of a picture or a film: of the blob, whoever keeps it under whatever name. */
export interface Picture {
  /** Of the whole, in pixels. */
  readonly width: number;
  readonly height: number;
  /** A small likeness, at most {@link MOST_THUMBNAIL} bytes. */
  readonly thumbnail?: {
    readonly mediaType: "image/jpeg" | "image/png";
    readonly width: number;
    readonly height: number;
    readonly bytes: Uint8Array;
  };
}

/** So many of the last bytes of what was cut are sent again, and compared, where nothing else tells which file they are of. */
export const TAIL = 65_536;

/** Bytes of a thumbnail: it travels in stanzas (XEP-0231 §2: 8 KiB at most). */
export const MOST_THUMBNAIL = 8_000;

/** One line that tells a sender how several parcels of one file fare (XEP-0308). */
export interface Summary {
  readonly id: string;
  readonly fileId: string;
  readonly owner: BareJid;
  /** The id of the message that is corrected, once it has been said; else "". */
  readonly message: string;
  readonly since: Instant;
}

/** The right to bring one file in over HTTP: a slot (XEP-0363), or the form on a page. Kept by its hash. */
export interface UploadRight {
  readonly hash: string;
  readonly owner: BareJid;
  /** "slot": one file, described beforehand. "page": a form in a browser, for as many as there is room for. */
  readonly kind: "slot" | "page";
  /** Of a slot: the file's name, size in bytes and type as asked for; else "", 0, "". */
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  /** Of a slot: the hash of the link under which the file will be had; else "". */
  readonly link: string;
  /** XEP-0363 §5 (1.2.0): "message", "profile", "permanent"; "ephemeral" with the instant of its end behind a space; "" when not said. */
  readonly purpose: string;
  /** Who gets what comes in by it. */
  readonly recipients: readonly BareJid[];
  readonly since: Instant;
  readonly until: Instant;
  /** The file that came in by a slot; "" before. */
  readonly fileId: string;
}

/** Somebody has a person in his contact list under an address of ours. */
export interface StandIn {
  readonly owner: BareJid;
  readonly person: BareJid;
}

/** Somebody's complaint (XEP-0377), for the admin. */
export interface Report {
  readonly id: string;
  readonly by: BareJid;
  readonly about: string;
  /** "urn:xmpp:reporting:spam" or "urn:xmpp:reporting:abuse". */
  readonly reason: string;
  /** In the reporter's words; at most 1000 characters. */
  readonly text: string;
  readonly since: Instant;
}

/** One file on its way in, recorded before the first byte, so that nothing of it can be forgotten. */
export interface Intake {
  readonly id: string;
  readonly owner: BareJid;
  /** "link", "jingle", "si", "slot", "form", "tus". */
  readonly method: string;
  /** Where the bytes come from, for methods that can begin again by themselves (a URL). */
  readonly source: string;
  readonly name: string;
  /** Bytes, as announced. */
  readonly size?: number | undefined;
  /** As announced: lower-case hex. */
  readonly sha256?: string | undefined;
  /** Who is to get it as soon as it is kept. */
  readonly recipients?: readonly BareJid[];
  /** As of a {@link Parcel}; absent: "". */
  readonly via?: BareJid | "";
  /** The key of the blob that is being written. */
  readonly blobKey: string;
  readonly since: Instant;
}

/** An intake that was cut and set aside: whoever sends the file again within its time goes on with it. */
export interface CutIntake extends Intake {
  readonly size: number;
  /** How many bytes are here. */
  readonly held: number;
  readonly until: Instant;
}
