import { Refusal } from "../../lib/errors.js";
import { define, usage, type Command } from "./define.js";

/** `help` needs to know the others, so it is made for a list of them. */
export function makeHelp(all: () => readonly Command[]): Command {
  return define({
    word: "help",
    summary: "What I can do, or how one command goes.",
    members: false,
    params: { command: { type: "word", optional: true, about: "The command to explain." } },
    async run(_services, caller, { command }) {
      const mine = all().filter((c) => caller.member || !c.members);
      if (command === undefined) {
        const text = caller.member
          ? "Send me a file, then say to whom. I keep it, and offer it the moment that he is there."
          : "I keep files that people send you until you fetch them.";
        return { text, rows: mine.map((c) => [usage(c), c.summary]), after: "Files go by number or by name." };
      }
      const found = mine.find((c) => c.word === command);
      if (!found) throw new Refusal("unknown-command", { word: command });
      const rows = Object.entries(found.params).map(([name, p]) => [p.keyword ?? name, p.about]);
      return { text: `${usage(found)}\n${found.summary}`, rows };
    },
  });
}
