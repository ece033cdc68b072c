/**
 * The books, when everything has come to rest: the store against the records, the records against what each of the two sides was told, and
 * that against what they had done. Whatever does not balance is a line of the answer.
 */
import { stat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { bare } from "../../../component/lib/jid.js";
import { decide, isOpen, type ParcelEvent } from "../../../component/control/parcel.js";
import type { HistoryRow, KeptFile, Parcel } from "../../../component/control/ports.js";
import { blobFolder, openAudit, type Audit } from "../audit.js";
import type { Restante } from "../restante.js";
import type { World } from "./deeds.js";
import type { Member } from "./member.js";

export interface Books {
  readonly faults: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

interface Entry {
  readonly member: Member;
  readonly files: readonly KeptFile[];
  readonly parcels: readonly { readonly parcel: Parcel; readonly history: readonly HistoryRow[] }[];
}

/** Whether what was said at that time may have gone with the server. */
type IsLost = (at: number) => boolean;

/** `deaths`: when the server was killed. What the bot said just then may have gone with it. */
export async function balance(restante: Restante, world: World, deaths: readonly number[]): Promise<Books> {
  const isLost: IsLost = (at) => deaths.some((death) => at > death - 20_000 && at < death + 1_000);
  const audit = await openAudit(restante.configFile);
  const faults: string[] = [];
  const figures: Record<string, number> = {};
  try {
    const entries: Entry[] = [];
    for (const member of world.members) {
      const files = await audit.files(member.bare);
      const parcels = (await Promise.all(files.map((file) => audit.parcels(file)))).flat();
      entries.push({ member, files, parcels });
    }
    await bytes(audit, restante, entries, faults, figures);
    for (const entry of entries) {
      await room(audit, world, entry, isLost, faults, figures);
      receipts(entry, isLost, faults, figures);
      for (const { parcel, history } of entry.parcels) story(world, parcel, history, faults, figures);
    }
    await totals(audit, entries, faults);
  } finally {
    await audit.close();
  }
  return { faults, figures };
}

/** What lies in the store is what the records know, byte by byte, and nothing else. */
async function bytes(audit: Audit, { folder }: Restante, entries: readonly Entry[], faults: string[], figures: Record<string, number>): Promise<void> {
  const { stored, known } = await audit.keys();
  const blobs = new Map<string, number>();
  for (const { files } of entries)
    for (const { id } of files) {
      const { blob } = (await audit.index.file(id))!;
      blobs.set(blob.key, blob.size);
    }
  const cut = (await Promise.all(entries.map(({ member }) => audit.index.cutIntakes(bare(member.bare), 1000)))).flat();
  const due = [...blobs.keys(), ...cut.map(({ blobKey }) => blobKey)];
  same("keys in the store", stored, due.sort(), faults);
  same("keys of the records", known, due, faults);
  same("doomed keys", await audit.index.doomed(10), [], faults);
  const sizes = new Map<string, number>();
  for (const entry of await readdir(blobFolder(folder), { recursive: true, withFileTypes: true }))
    if (entry.isFile()) sizes.set(entry.name, (await stat(join(entry.parentPath, entry.name))).size);
  const sum = (of: Iterable<number>): number => [...of].reduce((a, b) => a + b, 0);
  figures["bytes on disk"] = sum(sizes.values());
  figures["bytes on record"] = sum(blobs.values()) + sum(cut.map(({ held }) => held));
  figures["blobs"] = blobs.size;
  figures["cut intakes"] = cut.length;
  same("bytes", figures["bytes on disk"], figures["bytes on record"], faults);
} // prettier-ignore

/** What he was told is kept, and has not had deleted, is what he has; and each byte of it is the one that was sent. */
async function room(
  audit: Audit,
  world: World,
  { member, files }: Entry,
  isLost: IsLost,
  faults: string[],
  figures: Record<string, number>,
): Promise<void> {
  const { name, kept, deleted, deleting } = member;
  for (const { number, name: what, since } of files) {
    if (kept.has(number) || !isLost(since)) continue;
    kept.set(number, what);
    figures["lost with the server"] = (figures["lost with the server"] ?? 0) + 1;
  }
  const there = files.filter(({ number }) => !deleting.has(number) || deleted.has(number)).map(({ number }) => number);
  const promised = [...kept.keys()].filter((number) => !deleting.has(number));
  same(`files of ${name}`, there.sort(byNumber), promised.sort(byNumber), faults);
  const { bytes: used, files: count } = await audit.index.usage(bare(member.bare));
  same(`usage of ${name}`, { used, count }, { used: files.reduce((sum, { size }) => sum + size, 0), count: files.length }, faults); // prettier-ignore
  for (const file of files) {
    const tape = world.letters.all.get(file.name);
    const told = kept.get(file.number);
    same(`number ${file.number} of ${name}`, [file.name, file.size, await audit.stored(file)], [told, tape?.size, tape?.sha256()], faults); // prettier-ignore
  }
}

const KINDS: Readonly<Record<string, RegExp>> = {
  offered: /^\S+ \(number (\d+)\) has been offered to (\S+)\.$/,
  delivered: /^(?<who>\S+) has \S+ \(number (?<number>\d+)\)\.$/,
  declined: /^(?<who>\S+) does not want \S+ \(number (?<number>\d+)\)\.$/,
  unreachable: /^I could not reach (?<who>\S+) about \S+ \(number (?<number>\d+)\)/,
  failed: /^\S+ \(number (\d+)\) could not be handed to (\S+)\. /,
};

/** Each receipt that follows from a parcel's history was said, once, and no other. */
function receipts(
  { member, files, parcels }: Entry,
  isLost: IsLost,
  faults: string[],
  figures: Record<string, number>,
): void {
  const due: { readonly what: string; readonly at: number }[] = [];
  const summed = new Set<number>();
  for (const { parcel, history } of parcels) {
    if (parcel.summary !== "") summed.add(parcel.senderNumber);
    else
      due.push(
        ...receiptsOf(history).map(({ kind, at }) => ({
          what: `${kind} ${parcel.senderNumber} ${parcel.recipient}`,
          at,
        })),
      );
  }
  const numbers = new Set(files.map(({ number }) => number));
  const said: string[] = [];
  for (const text of member.told.values())
    for (const [kind, pattern] of Object.entries(KINDS)) {
      const found = pattern.exec(text);
      if (!found) continue;
      const [number, who] = found.groups ? [found.groups["number"], found.groups["who"]] : [found[1], found[2]];
      if (numbers.has(Number(number)) && !summed.has(Number(number))) said.push(`${kind} ${number} ${who}`);
    }
  figures["receipts"] = (figures["receipts"] ?? 0) + said.length;
  const rest = [...said];
  for (const { what, at } of due) {
    if (summed.has(Number(what.split(" ")[1]))) continue;
    const place = rest.indexOf(what);
    if (place >= 0) rest.splice(place, 1);
    else if (isLost(at)) figures["lost with the server"] = (figures["lost with the server"] ?? 0) + 1;
    else faults.push(`${member.name} was not told: ${what}`);
  }
  for (const what of rest) faults.push(`${member.name} was told, and it is not so: ${what}`);
}

function receiptsOf(history: readonly HistoryRow[]): { kind: string; at: number }[] {
  const due: { kind: string; at: number }[] = [];
  let offers = 0;
  for (const { from, event, at } of history) {
    const move = from === "" ? "stay" : decide(from, event as ParcelEvent);
    const tell = typeof move === "string" ? "nobody" : move.tell;
    if (event === "offer" && ++offers === 1) due.push({ kind: "offered", at });
    if (tell !== "sender" || event === "offer") continue;
    if (event === "bounce" && offers <= 1) due.push({ kind: "unreachable", at });
    if (event === "complete") due.push({ kind: "delivered", at });
    if (event === "decline") due.push({ kind: "declined", at });
    if (event === "fail") due.push({ kind: "failed", at });
  }
  return due;
}

/** Its steps follow on each other as the table says, and its recipient has what is delivered. */
function story({ members }: World, parcel: Parcel, history: readonly HistoryRow[], faults: string[], figures: Record<string, number>): void {
  const what = `${parcel.name} (number ${parcel.senderNumber}) from ${parcel.sender} to ${parcel.recipient}`;
  const steps = history.map(({ from, event, to }) => `${from} ${event} ${to}`).join(", ");
  let state: string = "";
  for (const { from, event, to } of history) {
    if (from !== state) faults.push(`${what}: “${event}” from ${from}, and it was ${state}: ${steps}`);
    const move = from === "" ? undefined : decide(from, event as ParcelEvent);
    if (move !== undefined && (typeof move === "string" || move.to !== to)) faults.push(`${what}: the table knows no “${event}” from ${from} to ${to}`);
    state = to;
  }
  if (state !== parcel.state) faults.push(`${what} is ${parcel.state}, and its history ends ${state}: ${steps}`);
  figures[`parcels ${parcel.state}`] = (figures[`parcels ${parcel.state}`] ?? 0) + 1;
  if (parcel.state === "moving") faults.push(`${what} still moves: ${steps}`);
  const completed = history.filter(({ event }) => event === "complete").length;
  const whole = members.find((member) => member.bare === parcel.recipient)!.whole.get(parcel.name) ?? 0;
  // Who dies with the last byte before him has, for all that anybody will ever know, delivered it.
  if (completed > 0 && whole === 0) figures["delivered by their last piece"] = (figures["delivered by their last piece"] ?? 0) + 1;
} // prettier-ignore

async function totals(audit: Audit, entries: readonly Entry[], faults: string[]): Promise<void> {
  const parcels: Record<string, number> = {};
  for (const entry of entries) for (const { parcel } of entry.parcels) if (isOpen(parcel.state)) parcels[parcel.state] = (parcels[parcel.state] ?? 0) + 1; // prettier-ignore
  const told = await audit.index.totals();
  const open = Object.fromEntries(Object.entries(told.parcels).filter(([state, n]) => isOpen(state as Parcel["state"]) && n > 0)); // prettier-ignore
  same("open parcels in the totals", open, parcels, faults);
  const files = entries.flatMap((entry) => entry.files);
  same("files in the totals", told.files, files.length, faults);
  same("what is still to be told", await audit.index.noticed("", 10), [], faults);
}

const byNumber = (a: number, b: number): number => a - b;

function same(what: string, is: unknown, due: unknown, faults: string[]): void {
  if (Array.isArray(is) && Array.isArray(due)) {
    const [more, less] = [without(is, due), without(due, is)];
    if (more.length + less.length > 0) faults.push(`${what}: too many ${JSON.stringify(more)}, missing ${JSON.stringify(less)}`); // prettier-ignore
  } else if (sorted(is) !== sorted(due)) faults.push(`${what}: ${sorted(is)}, not ${sorted(due)}`);
}

/** As bags: what is there twice must be there twice in the other. */
function without(one: readonly unknown[], other: readonly unknown[]): unknown[] {
  const rest = [...other];
  return one.filter((item) => {
    const at = rest.indexOf(item);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

function sorted(value: unknown): string {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? JSON.stringify(Object.entries(value).sort()) : JSON.stringify(value); // prettier-ignore
}
