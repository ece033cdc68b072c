/** All commands, in the order in which `help` names them, and how a line of chat becomes one of them. */
import { distance } from "fastest-levenshtein";
import { Refusal } from "../../lib/errors.js";
import { label, say, type Said } from "../words.js";
import { accept } from "./accept.js";
import { block, unblock } from "./block.js";
import { decline } from "./decline.js";
import type { Caller, Command, Reply } from "./define.js";
import { parseArgs, tokens } from "./arguments.js";
import type { Services } from "../services.js";
import { del } from "./del.js";
import { get } from "./get.js";
import { groupadd, groupdel, grouplist } from "./groups.js";
import { makeHelp } from "./help.js";
import { keep } from "./keep.js";
import { language } from "./language.js";
import { withPeople } from "./people-behind.js";
import { link } from "./link.js";
import { list } from "./list.js";
import { once } from "./once.js";
import { report } from "./report.js";
import { resend } from "./resend.js";
import { send } from "./send.js";
import { status } from "./status.js";
import { upload } from "./upload.js";

export const COMMANDS: readonly Command[] = [
  makeHelp(() => COMMANDS),
  list,
  get,
  send,
  resend,
  status,
  accept,
  decline,
  del,
  keep,
  once,
  link,
  upload,
  grouplist,
  groupadd,
  groupdel,
  block,
  unblock,
  report,
  language,
];

/** What is quoted before one's own words, as clients have always done it (XEP-0393 §6.1.3). */
const QUOTES = /^(?:>.*\n\s*)+/;

/** Runs a line of chat. @throws Refusal */
export async function runLine(services: Services, caller: Caller, line: string): Promise<Reply> {
  const own = line.trim().replace(QUOTES, "");
  const [first, ...rest] = tokens(own.replace(/^[/!]/, ""));
  const word = first?.text.toLowerCase().replace(/(?<![.:!?])[.:!?]+$/, "") ?? "";
  const command = COMMANDS.find((c) => c.word === word);
  if (!command) throw new Refusal("unknown-command", { word: label(first?.text ?? ""), hint: hint(word, own) });
  if (command.members && !caller.member) throw new Refusal("not-allowed");
  const args = parseArgs(command, rest, caller.also);
  return command.run(services, caller, withPeople(command, args, services.domain));
}

/** "Did you mean “send”?", where one word is near enough; or how a link is sent, where there is one among the words. */
function hint(word: string, own: string): Said {
  if (/\bhttps?:\/\//i.test(own)) return say("hint/link");
  if (word.length > 20) return "";
  const [near] = COMMANDS.map((c) => ({ word: c.word, off: distance(c.word, word) })).sort((a, b) => a.off - b.off);
  return near && near.off <= 2 && near.off < word.length - 1 ? say("hint", { word: near.word }) : "";
}
