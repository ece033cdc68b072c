/**
 * What a command is: its word, its arguments as data, who may use it, and what it does. Chat and the reference (docs/commands.md) are made
 * from the same declarations. Results are data too: nothing in a command knows a stanza.
 */
import type { BareJid } from "../../lib/jid.js";
import { row } from "../../lib/said.js";
import type { People } from "../people/people.js";
import type { FileFacts, Picture } from "../ports.js";
import type { Services } from "../services.js";
import { example, say, type Said, type Word } from "../words.js";

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

export interface Caller {
  /** Who asks: bare. */
  readonly owner: BareJid;
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

/** What an argument of each type is called. */
export const NOUNS: Readonly<Record<keyof Values, Word>> = {
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

const inOne = (pieces: readonly Said[]): Said => ({ join: pieces, by: "" });

/** A reply as lines of chat. */
export function lines({ text, rows = [], after = "" }: Reply): readonly Said[] {
  return [text, ...rows.map(row), after].filter((line) => line !== "" && !(Array.isArray(line) && line.length === 0));
}
