/**
 * What a command is: its word, its arguments as data, who may use it, and what it does. Chat text is rendered from this here;
 * forms, the HTTP API and the command line render the same declarations. Results are data too: nothing in a command knows a stanza.
 */
import { Refusal } from "../../lib/errors.js";
import type { BareJid, Jid } from "../../lib/jid.js";
import type { Clock } from "../../lib/clock.js";
import type { Delivery } from "../delivery/delivery.js";
import { addressOf, groupName, personOf, type People } from "../people/people.js";
import type { FileFacts, Index, KeptFile, Parcel, Picture, Speaker, Whereabouts } from "../ports.js";
import type { Complaints } from "../people/complaints.js";
import type { Invitations } from "../people/invitations.js";
import type { Notices } from "../notices/notices.js";
import type { Term } from "../delivery/reminders.js";
import type { Pictures } from "../intake/pictures.js";
import type { Rules } from "../people/rules.js";
import type { Summaries } from "../notices/summaries.js";
import { list, row } from "../../lib/said.js";
import type { Tongues } from "../people/tongues.js";
import { label, say, type Said, type Word } from "../words.js";

/** What each type of argument becomes. */
interface Values {
  /** A number, or a name. */
  which: number | string;
  /** Of a person, or a domain. */
  address: BareJid;
  addresses: readonly BareJid[];
  /** Addresses, and names of groups. */
  people: People;
  group: string;
  number: number;
  word: string;
  /** As it was written. */
  text: string;
  /** Said or not: its keyword is all of it. */
  flag: true;
}

export interface Param {
  readonly type: keyof Values;
  /** The word that stands before it in chat ("to"). */
  readonly keyword?: string;
  readonly optional?: boolean;
  readonly about: Word;
}

type Params = Readonly<Record<string, Param>>;
type Args<P extends Params> = {
  readonly [K in keyof P]: P[K]["optional"] extends true ? Values[P[K]["type"]] | undefined : Values[P[K]["type"]];
};

/** What commands work with. */
export interface Services {
  readonly index: Index;
  readonly delivery: Delivery;
  readonly pictures: Pictures;
  readonly whereabouts: Whereabouts;
  readonly speaker: Speaker;
  readonly tongues: Tongues;
  readonly rules: Rules;
  readonly invitations: Invitations;
  readonly complaints: Complaints;
  readonly summaries: Summaries;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly url: (token: string, name: string) => string;
  /** Of pages in a browser: about a capability, and for bringing files. */
  readonly pageUrl: (token: string) => string;
  readonly formUrl: (token: string) => string;
  readonly quota: number;
  readonly term: Term;
  /** The component's own domain: nobody there can receive. */
  readonly domain: string;
}

export interface Caller {
  /** Who asks: bare. */
  readonly owner: BareJid;
  /** The address that he addressed. */
  readonly answering: Jid;
  readonly member: boolean;
  /** Whom he names beside the words (XEP-0033), as he wrote them. */
  readonly also?: readonly string[];
}

/** A reply: lines of text and rows, and perhaps a file to be handed over by its URL. */
export interface Reply {
  readonly text: Said;
  readonly rows?: readonly (readonly Said[])[];
  readonly after?: Said;
  readonly hand?: { readonly url: string; readonly file: FileFacts; readonly picture?: Picture | undefined };
}

export interface Command {
  readonly word: string;
  readonly summary: Word;
  readonly params: Params;
  /** Only for people of the domains that are served; the others are for recipients too. */
  readonly members: boolean;
  run(services: Services, caller: Caller, args: Readonly<Record<string, unknown>>): Promise<Reply>;
}

/** Declares a command; the arguments' types follow from their declarations. */
export function define<const P extends Params>(
  command: Omit<Command, "params" | "run"> & {
    params: P;
    run(services: Services, caller: Caller, args: Args<P>): Promise<Reply>;
  },
): Command {
  return command;
}

const NOUNS: Readonly<Record<keyof Values, Word>> = {
  which: "noun/file",
  address: "noun/address",
  addresses: "noun/address",
  people: "noun/address",
  group: "noun/group",
  number: "noun/number",
  word: "noun/word",
  text: "noun/text",
  flag: "noun/word",
};

/** "send FILE to ADDRESS[, ADDRESS…]" */
export function usage(command: Command): Said {
  const params = Object.values(command.params).map(({ type, keyword, optional }) => {
    if (type === "flag") return `[${keyword!}]`;
    const noun = say(NOUNS[type]);
    const several = type === "addresses" || type === "people" ? [noun, "[, ", noun, "…]"] : [noun];
    const words = [keyword ? `${keyword} ` : "", ...several];
    return inOne(optional ? ["[", ...words, "]"] : words);
  });
  return example(command.word, ...params);
}

/** How a command goes with these: "send 12 to ADDRESS". */
export function example(...words: readonly Said[]): Said {
  return { join: words, by: " " };
}

const inOne = (pieces: readonly Said[]): Said => ({ join: pieces, by: "" });

interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Words, with quotes of any kind around what has spaces. */
export function tokens(text: string): Token[] {
  return [...text.matchAll(/"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»|'([^']*)'(?=\s|,|$)|([^\s,]+|,)/gu)].map(
    (m) => {
      const quoted = m[1] ?? m[2] ?? m[3] ?? m[4] ?? m[5];
      return { text: quoted ?? m[6]!, quoted: quoted !== undefined };
    },
  );
}

/** Chat text after the command's word → checked arguments. `also`: people who are named beside it. @throws Refusal "bad-argument", "bad-address" */
export function parseArgs(
  command: Command,
  rest: readonly Token[],
  also: readonly string[] = [],
): Record<string, unknown> {
  const left = [...rest];
  const params = Object.entries(command.params);
  const args: Record<string, unknown> = {};
  params.forEach(([name, param], i) => {
    const next = params[i + 1]?.[1].keyword;
    const mine = take(
      left,
      param,
      next,
      params.slice(i + 1).every(([, { type }]) => type === "flag"),
    );
    if (param.type === "people") mine.push(...also.map((text) => ({ text, quoted: true })));
    if (mine.length > 0) args[name] = valueOf(command, param, mine);
    else if (!param.optional) throw wrong(command, say("which-one", { what: say(NOUNS[param.type]) }));
  });
  if (left.length > 0) throw wrong(command, say("what-for", { text: label(left.map((t) => t.text).join(" ")) }));
  return args;
}

/** The tokens that belong to a parameter: after its keyword, up to the next one's. A name may have spaces without quotes. */
function take(left: Token[], param: Param, next: string | undefined, last: boolean): Token[] {
  if (param.type === "flag") return left.splice(0, isWord(left[0], param.keyword!) ? 1 : 0);
  if (param.keyword && isWord(left[0], param.keyword)) left.shift();
  if (param.type === "number" || param.type === "word" || param.type === "address") return left.splice(0, 1);
  if (param.type === "group") {
    const address = left.findIndex((t) => t.text.includes("@"));
    return left.splice(0, left[0]?.quoted ? 1 : address < 0 ? left.length : address);
  }
  const end = next === undefined ? -1 : left.findLastIndex((t) => isWord(t, next));
  if (end >= 0) return left.splice(0, end);
  return last || !isNumber(left[0]) ? left.splice(0, last ? left.length : 1) : left.splice(0, 1);
}

const isWord = (t: Token | undefined, word: string): boolean => !!t && !t.quoted && t.text.toLowerCase() === word;
const isNumber = (t: Token | undefined): boolean => !!t && !t.quoted && /^#?\d{1,9}$/.test(t.text);

function valueOf(command: Command, param: Param, mine: readonly Token[]): unknown {
  const text = mine.map((t) => t.text).join(" ");
  switch (param.type) {
    case "which":
      return mine.length === 1 && isNumber(mine[0]) ? Number(text.replace("#", "")) : text;
    case "number":
      if (!isNumber(mine[0])) throw wrong(command, say("not-a-number", { text: label(text) }));
      return Number(text.replace("#", ""));
    case "word":
      return text.toLowerCase();
    case "flag":
      return true;
    case "text":
      return text.replace(/ ,/g, ",");
    case "address":
      return addressOf(text);
    case "group": {
      const name = groupName(text);
      if (name === undefined) throw wrong(command, say("not-a-group", { text: label(text) }));
      return name;
    }
    case "addresses": {
      const list = mine.filter((t) => !isSeparator(t)).map((t) => personOf(t.text));
      if (list.length === 0) throw wrong(command, say("to-whom"));
      return [...new Set(list)];
    }
    case "people": {
      const people = peopleIn(mine);
      if (people.addresses.length + people.groups.length === 0) throw wrong(command, say("to-whom"));
      return people;
    }
  }
}

const isSeparator = (t: Token): boolean => !t.quoted && (t.text === "," || isWord(t, "and"));

/** What has an @ is an address; of other words, those between two commas or addresses are one name. */
function peopleIn(all: readonly Token[]): People {
  const addresses = new Set<BareJid>();
  const groups: string[] = [];
  let words: string[] = [];
  const endName = (): void => {
    if (words.length > 0) groups.push(words.join(" "));
    words = [];
  };
  for (const t of all) {
    const isAddress = t.text.includes("@") || /^(xmpp|mailto):/i.test(t.text);
    if (isAddress || t.quoted || isSeparator(t)) endName();
    if (isAddress) addresses.add(personOf(t.text));
    else if (!isSeparator(t)) words.push(t.text);
    if (t.quoted) endName();
  }
  endName();
  return { addresses: [...addresses], groups };
}

function wrong(command: Command, why: Said): Refusal {
  return new Refusal("bad-argument", { why, usage: usage(command) });
}

/** The caller's file by number or name. @throws Refusal "no-such-file", "ambiguous-name" */
export async function fileOf(index: Index, owner: BareJid, which: number | string): Promise<KeptFile> {
  return theOne(await index.findFiles(owner, which, 6), which, "no-such-file");
}

/** The parcel for the caller by number or name; of several by one name, the one that is still open. @throws Refusal */
export async function parcelOf(index: Index, recipient: BareJid, which: number | string): Promise<Parcel> {
  const found = await index.findParcels(recipient, which, 6);
  const open = found.filter((p) => p.state === "waiting" || p.state === "offered" || p.state === "moving");
  return theOne(open.length > 0 ? open : found.slice(0, 1), which, "no-such-parcel");
}

function theOne<T extends { number: number }>(
  found: readonly T[],
  which: number | string,
  none: "no-such-file" | "no-such-parcel",
): T {
  const details = { which: typeof which === "number" ? say("by-number", { number: which }) : say("by-name", { name: label(which) }) }; // prettier-ignore
  if (found.length > 1)
    throw new Refusal("ambiguous-name", {
      which: label(String(which)),
      numbers: list(found.map((f) => f.number)),
    });
  if (!found[0]) throw new Refusal(none, details);
  return found[0];
}

/** A reply as lines of chat. */
export function lines({ text, rows = [], after = "" }: Reply): readonly Said[] {
  return [text, ...rows.map(row), after].filter((line) => line !== "" && !(Array.isArray(line) && line.length === 0));
}
