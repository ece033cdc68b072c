/** Text from strangers is read in one go: what one could go back over for each of its characters would stop everybody else's traffic. */
import { test } from "@jest/globals";
import { tokens } from "../../component/control/commands/arguments.js";
import { runLine } from "../../component/control/commands/index.js";
import { addresseesOf } from "../../component/control/intake/addressees.js";
import { groupName } from "../../component/control/people/people.js";
import type { Services } from "../../component/control/services.js";
import { label } from "../../component/control/words.js";
import { fileName } from "../../component/lib/file-name.js";
import { bare } from "../../component/lib/jid.js";
import { MAX_BODY } from "../../component/messenger/chat-event.js";

/** So often that one that goes back takes minutes, where all others together take a moment. */
const TIMES = 10;

const caller = { owner: bare("romeo@example.org"), member: true };
const run = (text: string): Promise<unknown> => runLine({} as Services, caller, text).catch(() => undefined);

test.each<[string, (text: string) => unknown]>([
  ["a line's words", tokens],
  ["a command", run],
  ["who is named", addresseesOf],
  ["a group's name", groupName],
  ["a label", label],
  ["a file's name", fileName],
])("%s", async (_, read) => {
  for (const piece of ["„ ", "“ ", "« ", "'", '"', '",', ". ", ".", "!", ":", ", ", "\t", "\u200d", "and ", "/", "<", "\\"])
    for (const end of ["", "x"])
      for (let n = 0; n < TIMES; n++) await read(piece.repeat(MAX_BODY).slice(0, MAX_BODY - 1) + end);
}); // prettier-ignore
