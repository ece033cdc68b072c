/** Whom somebody names beside a file: addresses, and his groups by their names. What has an @ is an address; anything else is a name. */
import { distance } from "fastest-levenshtein";
import { Refusal } from "../../lib/errors.js";
import { toBare, type BareJid } from "../../lib/jid.js";
import { personBehind } from "../../lib/stand-in.js";
import type { Index } from "../ports.js";
import { example, label, oneLine, say, type Said } from "../words.js";

export interface People {
  readonly addresses: readonly BareJid[];
  /** Names of groups, as they were said. */
  readonly groups: readonly string[];
}

/** One command, or one message, reaches so many people at the most; a group has no more. */
export const MOST_PEOPLE = 50;
/** Characters of a group's name. */
const MOST_NAME = 60;

/** @throws Refusal "bad-address" */
export function addressOf(text: string): BareJid {
  const jid = toBare(text.replace(/^xmpp:/i, "").replace(/[<>]/g, ""));
  if (!jid || text.toLowerCase().startsWith("mailto:")) throw new Refusal("bad-address", { address: label(text) });
  return jid;
}

/** The same of a person: a whole domain is nobody. @throws Refusal "bad-address" */
export function personOf(text: string): BareJid {
  const jid = addressOf(text);
  if (!jid.includes("@")) throw new Refusal("bad-address", { address: label(text) });
  return jid;
}

/** The people themselves, where an address of ours that stands in for somebody is named. `domain`: ours. */
export function themselves(people: readonly BareJid[], domain: string): BareJid[] {
  return people.map((who) => personBehind(who, domain) ?? who);
}

/** Each once. @throws Refusal "bad-argument" when they are too many */
export function checkPeople(people: readonly BareJid[]): BareJid[] {
  const all = new Set(people);
  if (all.size <= MOST_PEOPLE) return [...all];
  const usage = example("send", say("noun/file"), "to", say("noun/address"));
  throw new Refusal("bad-argument", { why: say("send/too-many", { most: MOST_PEOPLE }), usage });
}

/** A name as a label; undefined where there is none, or it would be taken for an address or for several names. */
export function groupName(text: string): string | undefined {
  const name = oneLine(text).replace(/(?<![:.,])[:.,]+$/, "");
  return name !== "" && name.length <= MOST_NAME && !/[@,]/.test(name) ? name : undefined;
}

/** Everybody who is meant, each once. @throws Refusal "no-such-group" */
export async function everybody(index: Index, owner: BareJid, { addresses, groups }: People): Promise<BareJid[]> {
  const all = new Set(addresses);
  for (const name of groups) for (const member of (await groupOf(index, owner, name)).members) all.add(member);
  return [...all];
}

export interface Group {
  /** As its owner wrote it first. */
  readonly name: string;
  readonly members: readonly BareJid[];
}

/** @throws Refusal "no-such-group", with the nearest that there is */
export async function groupOf(index: Index, owner: BareJid, name: string): Promise<Group> {
  const members = await index.group(owner, name);
  const names = (await index.groups(owner)).map((group) => group.name);
  if (members) return { name: names.find((one) => fold(one) === fold(name)) ?? name, members };
  throw new Refusal("no-such-group", { group: label(name), hint: hint(nearest(name, names)) });
}

const fold = (name: string): string => name.normalize("NFC").toLowerCase();

/** The name that was probably meant. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const meant = name.toLowerCase();
  const [best] = names
    .map((one) => ({ one, off: distance(one.toLowerCase().slice(0, MOST_NAME), meant.slice(0, MOST_NAME)) }))
    .sort((a, b) => a.off - b.off);
  return best && best.off <= Math.max(1, Math.floor(meant.length / 3)) ? best.one : undefined;
}

function hint(name: string | undefined): Said {
  return name === undefined ? "" : say("hint", { word: name });
}
