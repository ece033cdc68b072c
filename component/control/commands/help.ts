import { Refusal } from "../../lib/errors.js";
import { say } from "../words.js";
import { define, usage, type Command } from "./define.js";

/** `help` needs to know the others, so it is made for a list of them. */
export function makeHelp(all: () => readonly Command[]): Command {
  return define({
    word: "help",
    summary: "command/help",
    members: false,
    params: { command: { type: "word", optional: true, about: "about/command" } },
    async run({ domain }, caller, { command }) {
      const mine = all().filter((c) => caller.member || !c.members);
      if (command === undefined) {
        const text = say(caller.member ? "help/member" : "help/guest");
        return {
          text,
          rows: mine.map((c) => [usage(c), say(c.summary)]),
          after: [say("help/after"), say("help/stand-in", { domain })],
        };
      }
      const found = mine.find((c) => c.word === command);
      if (!found) throw new Refusal("unknown-command", { word: command });
      const rows = Object.entries(found.params).map(([name, p]) => [p.keyword ?? name, say(p.about)]);
      return { text: [usage(found), say(found.summary)], rows };
    },
  });
}
