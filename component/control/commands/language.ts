import { Refusal } from "../../lib/errors.js";
import { languageNamed, LANGUAGES } from "../../lib/languages/index.js";
import { label, say } from "../words.js";
import { define, usage } from "./define.js";

/** Back to the language of one's messages. */
const AUTO = "auto";

export const language = define({
  word: "language",
  summary: "command/language",
  members: false,
  params: { language: { type: "word", optional: true, about: "about/language" } },
  async run({ index, tongues, clock }, { owner }, { language: named }) {
    if (named !== undefined) {
      const chosen = named === AUTO ? "" : languageNamed(named);
      if (chosen === undefined)
        throw new Refusal("bad-argument", {
          why: say("language/none", { word: label(named) }),
          usage: usage(language),
        });
      tongues.note(await index.setContact(owner, { language: chosen }, clock.now()));
    }
    const rows = Object.entries(LANGUAGES).map(([tag, { name }]) => [say("language/row", { tag }), name]);
    const text = say(tongues.chosenBy(owner) === "" ? "language/auto" : "language/now");
    return { text, rows: [...rows, [say("language/row", { tag: AUTO }), say("language/back")]] };
  },
});
