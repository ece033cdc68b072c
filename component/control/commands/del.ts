import { list } from "../../lib/said.js";
import { MOST_CUT } from "../intake/admission.js";
import { remove } from "../delivery/sending.js";
import { label, say } from "../words.js";
import { decline } from "./decline.js";
import { define, type Reply } from "./define.js";
import { eitherOf, fileOf } from "./find.js";

const isNamed = (name: string, which: string | number): boolean =>
  typeof which === "string" && name.normalize("NFC").toLowerCase() === which.normalize("NFC").toLowerCase();

export const del = define({
  word: "del",
  summary: "command/del",
  members: false,
  params: { file: { type: "which", about: "about/file" } },
  async run(services, caller, { file: which }) {
    const { index } = services;
    const mine = async (): Promise<Reply> => {
      const file = await fileOf(index, caller.owner, which);
      const from = await remove(services, file);
      const details = { name: label(file.name), number: file.number, who: list(from) };
      return { text: say(from.length > 0 ? "del/taken-back" : "del/done", details) };
    };
    const waiting = async (): Promise<Reply> => {
      const cut = (await index.cutIntakes(caller.owner, MOST_CUT)).find((c) => isNamed(c.name, which));
      if (cut && (await index.dropCutIntakes({ id: cut.id }, 1)) > 0)
        return { text: say("del/forgotten", { name: label(cut.name) }) };
      return decline.run(services, caller, { parcel: which });
    };
    return eitherOf(mine, waiting);
  },
});
