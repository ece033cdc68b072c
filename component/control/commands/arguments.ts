/** A line of chat becomes the arguments that a command declares. Pure. */
import { Refusal } from "../../lib/errors.js";
import type { BareJid } from "../../lib/jid.js";
import { addressOf, groupName, personOf, type People } from "../people/people.js";
import { label, say, type Said } from "../words.js";
import { NOUNS, usage, type Command, type Param } from "./define.js";

/** A word of a line, or what stands in quotes. */
export interface Token {
  readonly text: string;
  readonly quoted: boolean;
  /** The same as it was written, with its quotes, and the space before it. */
  readonly written: string;
}

/** Signs that are not seen and come along with what is pasted: no word, name or address has them. */
const UNSEEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** Words, with quotes of any kind around what has spaces. None looks for its end beyond another of its kind: a line of them would take minutes. */
export function tokens(text: string): Token[] {
  const found = text
    .replace(UNSEEN, "")
    .matchAll(/(?<!\s)\s*(?:"([^"]*)"|“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»|'([^']*)'(?=\s|,|$)|([^\s,]+|,))/gu);
  return [...found].map((m) => {
    const quoted = m[1] ?? m[2] ?? m[3] ?? m[4] ?? m[5];
    return { text: quoted ?? m[6]!, quoted: quoted !== undefined, written: m[0] };
  });
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
    if (param.type === "people") mine.push(...also.map((text) => ({ text, quoted: true, written: text })));
    if (mine.length > 0) args[name] = valueOf(command, param, mine);
    else if (!param.optional) throw wrong(command, say("which-one", { what: say(NOUNS[param.type]) }));
  });
  if (left.length > 0) throw wrong(command, say("what-for", { text: label(asWritten(left)) }));
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
  return left.splice(0, last ? left.length : 1);
}

const isWord = (t: Token | undefined, word: string): boolean => !!t && !t.quoted && t.text.toLowerCase() === word;
const isNumber = (t: Token | undefined): boolean => !!t && !t.quoted && /^#?\d{1,9}$/.test(t.text);

function valueOf(command: Command, param: Param, mine: readonly Token[]): unknown {
  const text = mine.length === 1 ? mine[0]!.text : asWritten(mine);
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
      return text;
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

/** Names may have commas and quotes in them. */
const asWritten = (mine: readonly Token[]): string =>
  mine
    .map((t) => t.written)
    .join("")
    .trim();

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
