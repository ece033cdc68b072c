/** What the parts of the index's contract share: people, files and parcels. Needs no Jest: also a child process uses it. */
import { createHash, randomBytes } from "node:crypto";
import type { BareJid } from "../../../component/lib/jid.js";
import { bare } from "../../../component/lib/jid.js";
import { systemClock, type Clock } from "../../../component/lib/clock.js";
import { randomId } from "../../../component/lib/ids.js";
import { createLog } from "../../../component/lib/log.js";
import type {
  Index,
  Intake,
  KeptFile,
  Notice,
  Parcel,
  ParcelState,
  ParcelStep,
  UploadRight,
} from "../../../component/control/ports.js";
import { openIndex } from "../../../component/storage/index/open.js";

export const T0 = Date.UTC(2026, 10, 1);
export const DAY = 86_400_000;
export const silent = createLog("silent");

export function open(
  url: string,
  role: "server" | "tool" = "server",
  clock: Clock = systemClock,
  patience = 5_000,
): Index {
  return openIndex(url, { log: silent, clock, role, patience });
}

let people = 0;
/** Somebody whom no other test knows. */
export function someone(name = "juliet"): BareJid {
  return bare(`${name}${++people}@example.org`);
}

export const sha = (text = randomId()): string => createHash("sha256").update(text).digest("hex");

export function intakeOf(owner: BareJid, more: Partial<Intake> = {}): Intake {
  return {
    id: randomId(),
    owner,
    method: "link",
    source: "https://example.org/a",
    name: "a.txt",
    recipients: [],
    via: "",
    blobKey: randomId(),
    since: T0,
    ...more,
  };
}

export function notice(to: BareJid, more: Partial<Notice> = {}): Notice {
  return { id: randomId(), to, kind: "kept", details: { name: "a.txt", number: 1 }, since: T0, ...more };
}

/** A slot that is not used yet. */
export function slotFor(owner: BareJid, more: Partial<UploadRight> = {}): UploadRight {
  return {
    hash: sha(),
    owner,
    kind: "slot",
    name: "a.txt",
    size: 10,
    mediaType: "text/plain",
    link: sha(),
    purpose: "",
    recipients: [],
    since: T0,
    until: T0 + DAY,
    fileId: "",
    ...more,
  };
}

interface Given {
  name?: string;
  size?: number;
  sha256?: string;
  until?: number;
  quota?: number;
}

/** Takes a file in. */
export async function give(index: Index, owner: BareJid, given: Given = {}): Promise<KeptFile & { key: string }> {
  const { name = "a.txt", size = 10, sha256 = sha(), until = T0 + 30 * DAY, quota = 2 ** 50 } = given;
  const intake = intakeOf(owner, { name });
  await index.beginIntake(intake);
  const file = await index.keep(intake, { sha256, size }, { name, mediaType: "text/plain", until }, quota, () => []);
  return { ...file, key: intake.blobKey };
}

/** A parcel that waits. */
export async function post(
  index: Index,
  recipient: BareJid,
  given: Given & { at?: number; sender?: BareJid } = {},
): Promise<Parcel> {
  const { at = T0, until = T0 + 30 * DAY, sender = someone("romeo") } = given;
  return index.createParcel(await give(index, sender, given), recipient, at, until);
}

/** A step with nothing but what is named. */
export function move(parcel: Parcel, to: ParcelState, more: Partial<ParcelStep> = {}): ParcelStep {
  return {
    parcel,
    to,
    event: to === "offered" ? "offer" : "test",
    detail: "",
    at: T0 + 1,
    notices: [],
    endLinks: false,
    hold: false,
    ...more,
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Names that have broken others. */
export const HOSTILE_NAMES = [
  'it\'s "quoted" `so`.txt',
  "'; drop table files; --",
  "%_\\%",
  "$1 ? :name @name",
  "../../etc/passwd",
  "ünïcödé 文件 🗂️ \u202e gpj.exe",
  "line\nbreak\tand \u0001",
  "x".repeat(1_000),
  "🗂".repeat(1_000),
  [...randomBytes(3_000)].map((b) => String.fromCodePoint(0x4e00 + b * 7)).join(""),
];
