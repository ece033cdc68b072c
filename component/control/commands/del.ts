import { Refusal } from "../../lib/errors.js";
import { list } from "../../lib/said.js";
import { MOST_CUT } from "../intake/admission.js";
import { remove } from "../delivery/sending.js";
import { label, say } from "../words.js";
import { decline } from "./decline.js";
import { define } from "./define.js";
import { fileOf } from "./find.js";

const isNamed = (name: string, which: string | number): boolean =>
  typeof which === "string" && name.normalize("NFC").toLowerCase() === which.normalize("NFC").toLowerCase();

export const del = define({
  word: "del",
  summary: "command/del",
  members: false,
  params: { file: { type: "which", about: "about/file" } },
  async run(services, caller, { file: which }) {
    try {
      const file = await fileOf(services.index, caller.owner, which);
      const from = await remove(services, file);
      const details = { name: label(file.name), number: file.number, who: list(from) };
      return { text: say(from.length > 0 ? "del/taken-back" : "del/done", details) };
    } catch (e) {
      if (!(e instanceof Refusal && e.code === "no-such-file")) throw e;
      const cut = (await services.index.cutIntakes(caller.owner, MOST_CUT)).find((c) => isNamed(c.name, which));
      if (cut && (await services.index.dropCutIntakes({ id: cut.id }, 1)) > 0)
        return { text: say("del/forgotten", { name: label(cut.name) }) };
      return decline.run(services, caller, { parcel: which }).catch((other: unknown) => {
        throw other instanceof Refusal && other.code === "no-such-parcel" ? e : other;
      });
    }
  },
});
